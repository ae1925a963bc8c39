/**
 * What looks at EC2 remember, of states that moto does not have: on the way to running, ended by EC2 itself, checks that say
 * nothing. A server that answers the two questions of a look with what a test says.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEc2Readings } from '../../../../adapters/aws/ec2/readings.ts';
import type { Readings } from '../../../../ingest/watched.ts';
import { environment, settingsOf } from '../../../support/aws/ec2-cases.ts';
import { ec2Credentials } from '../../../support/aws/ec2-instances.ts';
import { those } from '../ecs/watcher.ts';

const id = 'i-0123456789abcdef0';
const startMs = 1_800_000_000_000;
const minute = 60_000;
const machine = { state: 'running', launchedMs: startMs - 60 * minute, code: '', reason: '' };
const checks = { instance: 'ok', system: 'ok', sinceMs: 0 };
/** Null: there is no instance. */
let now: typeof machine | null = machine;
let status = checks;
let asked: string[] = [];
let clock = startMs;
let onClock = () => {};
let readings: Readings;

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const action = new URLSearchParams(Buffer.concat(chunks).toString()).get('Action') ?? '';
    asked.push(action);
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(action === 'DescribeInstances' ? instanceXml() : statusXml());
  });
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  [now, status, asked, clock, onClock] = [machine, checks, [], startMs, () => {}];
  start();
});

function start(more: object = {}): void {
  const { port } = server.address() as AddressInfo;
  const instances = { ids: [id] };
  const settings = settingsOf(`http://127.0.0.1:${port}`, instances, { callsPerMinute: 600, ...more });
  const nowMs = () => {
    onClock();
    return clock;
  };
  const serviceOf = ({ service }: { service: string }) => service;
  readings = createEc2Readings(settings, { nowMs, serviceOf }, ec2Credentials);
}

function look({ signal } = new AbortController()) {
  clock += 15_000;
  return readings.read(environment, signal);
}
const changesOf = async (given = new AbortController()) =>
  those(await look(given), 'change').map(({ type }) => type);

describe('whether it runs', () => {
  it('is told of one that runs and of one that has stopped, not of one on its way or gone', async () => {
    const told: unknown[] = [];
    for (const state of ['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']) {
      now = { ...machine, state };
      told.push(those(await look(), 'gauge').map(({ value }) => value));
    }
    expect(told).toEqual([[], [1], [0], [0], [], []]);
  });
});

describe('a change', () => {
  it('is none at the first look, whatever the state', async () => {
    expect(await changesOf()).toEqual([]);
    now = { ...machine, state: 'stopped' };
    start();
    expect(await changesOf()).toEqual([]);
  });

  it('is told once; of a start and a stop between two looks the start', async () => {
    await look();
    now = { ...machine, state: 'stopped' };
    expect([await changesOf(), await changesOf()]).toEqual([['stop'], []]);
    now = { ...machine, state: 'pending' };
    expect(await changesOf()).toEqual([]);
    now = { ...machine, launchedMs: clock };
    expect([await changesOf(), await changesOf()]).toEqual([['start'], []]);
    now = { ...machine, launchedMs: clock };
    expect(await changesOf()).toEqual(['start']);
  });

  it('of one that was not there is its start, and none of one that is gone before it was seen', async () => {
    const lives = { running: ['start'], terminated: [] };
    for (const [state, told] of Object.entries(lives)) {
      start();
      now = null;
      await look();
      now = { ...machine, state };
      expect(await changesOf(), state).toEqual(told);
    }
  });

  it('is a line, too, where EC2 itself has ended it', async () => {
    await look();
    now = { ...machine, state: 'stopped', code: 'Client.UserInitiatedShutdown', reason: 'by a person' };
    expect(those(await look(), 'log')).toEqual([]);
    now = { ...machine, launchedMs: clock };
    await look();
    now = { ...machine, state: 'terminated', code: 'Server.SpotInstanceTermination', reason: 'spot' };
    expect(those(await look(), 'log')).toMatchObject([
      { severityNumber: 17, fromOutside: true, body: `EC2 instance ${id} is terminated: spot` },
    ]);
  });

  it('is told by the next look when nobody waits any more for the one that saw it', async () => {
    await look();
    now = { ...machine, state: 'stopped' };
    const given = new AbortController();
    asked = [];
    onClock = () => {
      if (asked.includes('DescribeInstances')) given.abort(new Error('too late'));
    };
    await expect(look(given)).rejects.toThrow('too late');
    onClock = () => {};
    expect(await changesOf()).toEqual(['stop']);
  });
});

describe('a status check', () => {
  it.each(['initializing', 'insufficient-data', 'not-applicable'])(
    'that says %s is no alert',
    async (said) => {
      status = { ...checks, system: said, instance: said };
      expect(those(await look(), 'alert')).toEqual([]);
    },
  );

  it('that fails does so since EC2 says, and not from the future on', async () => {
    status = { ...checks, instance: 'impaired', sinceMs: startMs - minute };
    expect(those(await look(), 'alert')).toMatchObject([{ atMs: startMs - minute }]);
    status = { ...status, sinceMs: startMs + 60 * minute };
    expect(those(await look(), 'alert')).toMatchObject([{ atMs: clock }]);
  });
});

it('what looks ask counts against callsPerMinute', async () => {
  start({ callsPerMinute: 2 });
  await look();
  expect(asked).toEqual(['DescribeInstances', 'DescribeInstanceStatus']);
  expect(await look()).toEqual([]);
  expect(asked).toHaveLength(2);
});

function instanceXml(): string {
  if (now === null) return '<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>';
  const { state, launchedMs, code, reason } = now;
  const launched = new Date(launchedMs).toISOString();
  return `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>${id}</instanceId><imageId>ami-1</imageId><instanceType>t3.micro</instanceType><launchTime>${launched}</launchTime><instanceState><code>0</code><name>${state}</name></instanceState><stateReason><code>${code}</code><message>${reason}</message></stateReason><tagSet><item><key>service</key><value>orders</value></item></tagSet></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
}

function statusXml(): string {
  const of = (name: string, said: string) =>
    `<${name}><status>${said}</status>${status.sinceMs === 0 ? '' : `<details><item><impairedSince>${new Date(status.sinceMs).toISOString()}</impairedSince></item></details>`}</${name}>`;
  return `<DescribeInstanceStatusResponse><instanceStatusSet><item><instanceId>${id}</instanceId>${of('instanceStatus', status.instance)}${of('systemStatus', status.system)}</item></instanceStatusSet></DescribeInstanceStatusResponse>`;
}
