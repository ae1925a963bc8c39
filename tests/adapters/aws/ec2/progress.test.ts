/**
 * What has become of a stop, start or reboot, by what EC2 shows. The launch time of an instance moves with every start; moto's
 * does not, and it knows no states on the way, so these are made here.
 */
import { describe, expect, it } from 'vitest';
import { foundOf, progressOf, resumedOf } from '../../../../adapters/aws/ec2/progress.ts';
import type { Instance } from '../../../../adapters/aws/ec2/wire.ts';

const launchedAtMs = 1_700_000_000_000;
const beganAtMs = launchedAtMs + 3_600_000;
const soon = beganAtMs + 1_000;
const late = beganAtMs + 600_000;
const well = { instance: 'ok', system: 'ok' };

const instance = (state: Instance['State']['Name'], launchedMs = launchedAtMs): Instance => ({
  InstanceId: 'i-0123456789abcdef0',
  ImageId: 'ami-1',
  InstanceType: 't3.micro',
  LaunchTime: new Date(launchedMs),
  State: { Name: state },
  StateReason: { Message: 'Server.SpotInstanceTermination' },
  Tags: [],
});
const again = (state: Instance['State']['Name']) => instance(state, soon);
const kindOf = (
  verb: 'restart' | 'stop' | 'start',
  now: Instance,
  { nowMs = soon, checks = well, from = verb === 'start' ? 'stopped' : 'running' } = {},
) =>
  progressOf(
    { rebootSeconds: 60 },
    verb,
    { state: from, launchedAtMs, beganAtMs },
    { instance: now, checks },
    nowMs,
  ).kind;

describe('followed', () => {
  it.each([
    ['stop', instance('running'), 'running'],
    ['stop', instance('stopping'), 'running'],
    ['stop', instance('stopped'), 'done'],
    ['stop', again('pending'), 'superseded'],
    ['stop', again('running'), 'superseded'],
    ['start', instance('stopped'), 'running'],
    ['start', again('pending'), 'running'],
    ['start', again('running'), 'done'],
    ['start', again('stopped'), 'failed'],
    ['restart', instance('running'), 'running'],
    ['restart', instance('stopping'), 'failed'],
    ['restart', again('running'), 'superseded'],
  ] as const)('%s: %j is %s', (verb, now, kind) => expect(kindOf(verb, now)).toBe(kind));

  it('a state before the change is believed only for as long as EC2 may still show it', () => {
    expect(kindOf('stop', instance('running'), { nowMs: late })).toBe('failed');
    expect(kindOf('start', instance('stopped'), { nowMs: late })).toBe('failed');
  });

  it('an instance is started, and rebooted, when its status checks pass', () => {
    const checks = { instance: 'initializing', system: 'ok' };
    expect(kindOf('start', again('running'), { checks })).toBe('running');
    expect(kindOf('restart', instance('running'), { nowMs: late, checks })).toBe('running');
    expect(kindOf('restart', instance('running'), { nowMs: late })).toBe('done');
  });
});

describe('looked up', () => {
  const before = { state: 'running', launchedAtMs };
  const stopped = { state: 'stopped', launchedAtMs };
  it.each([
    ['stop', before, instance('running'), 'not-happened', false],
    ['stop', before, instance('stopping'), 'cannot-tell', true],
    ['stop', before, instance('stopped'), 'happened', true],
    ['stop', before, again('running'), 'cannot-tell', false],
    ['start', stopped, instance('stopped'), 'not-happened', false],
    ['start', stopped, again('pending'), 'cannot-tell', true],
    ['start', stopped, again('running'), 'happened', true],
    ['start', stopped, again('stopped'), 'cannot-tell', false],
    ['restart', before, instance('running'), 'cannot-tell', false],
    ['restart', before, null, 'cannot-tell', false],
  ] as const)('%s from %j: %j is %s, and followed: %s', (verb, was, now, found, followed) => {
    expect(foundOf(verb, was, now)).toBe(found);
    expect(resumedOf(verb, was, now, soon) !== null).toBe(followed);
  });
});
