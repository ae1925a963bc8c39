// What has become of a reboot, stop or start, by what EC2 shows of the instance. Pure: the readings come in.

import { z } from 'zod';
import type { Found, Handle, Polled } from '../../../activities/ports/executor.ts';
import type { Ec2Settings, Verb } from './settings.ts';
import { isWell, type Life, lifeOf } from './state.ts';
import type { Checks, Instance } from './wire.ts';

/** How long EC2 may go on showing the state before a change. */
export const consistencyDelayMs = 30_000;

const handleSchema = z.strictObject({ state: z.string().max(40), launchedAtMs: z.int(), beganAtMs: z.int() });
export type Begun = z.infer<typeof handleSchema>;

export function handleOf(begun: Begun): Handle {
  return JSON.stringify(begun);
}

/** Null for what no handle of ours says. */
export function begunOf(handle: Handle): Begun | null {
  try {
    return handleSchema.parse(JSON.parse(handle));
  } catch {
    return null; // told as `unknown` by whoever asks
  }
}

type Progress = Exclude<Polled, { kind: 'done' }> | { readonly kind: 'done'; readonly summary: string };

type Look = {
  readonly state: string;
  /** Not started again since. */
  readonly sameLaunch: boolean;
  /** EC2 may still show the state before the change. */
  readonly early: boolean;
  readonly sinceMs: number;
  readonly rebootMs: number;
  readonly why: string;
  readonly checks: Checks | undefined;
};

const followed: Readonly<Record<Verb, (look: Look) => Progress>> = {
  stop({ state, sameLaunch, early }) {
    if (!sameLaunch) return superseded('somebody has started the instance again since');
    if (state === 'stopped') return { kind: 'done', summary: isIn(state) };
    return state === 'stopping' || early
      ? running(isIn(state))
      : failed(`the instance is ${state} again`, '');
  },
  start({ state, sameLaunch, early, why, checks }) {
    if (state === 'stopped' && sameLaunch && early) return running('EC2 does not show the start yet');
    if (state === 'stopped' || state === 'stopping')
      return failed(`${isIn(state)} (${why})`, 'the instance is not running');
    return state === 'running' ? checked(isIn(state), checks) : running(isIn(state));
  },
  restart({ state, sameLaunch, sinceMs, rebootMs, why, checks }) {
    if (!sameLaunch) return superseded('somebody has stopped and started the instance since');
    if (state !== 'running') return failed(`${isIn(state)} (${why})`, isIn(state));
    if (sinceMs < rebootMs) return running('EC2 has taken on the reboot, and shows nothing of it');
    return checked('the time for a reboot is over, EC2 shows none', checks);
  },
};

export function progressOf(
  { rebootSeconds }: Pick<Ec2Settings, 'rebootSeconds'>,
  verb: Verb,
  begun: Begun,
  { instance, checks }: { readonly instance: Instance; readonly checks: Checks | undefined },
  nowMs: number,
): Progress {
  const { state, launchedAtMs } = lifeOf(instance);
  const sinceMs = nowMs - begun.beganAtMs;
  return followed[verb]({
    state,
    sameLaunch: launchedAtMs === begun.launchedAtMs,
    early: sinceMs < consistencyDelayMs,
    sinceMs,
    rebootMs: rebootSeconds * 1_000,
    why: instance.StateReason?.Message?.slice(0, 200) ?? 'EC2 gave no reason',
    checks,
  });
}

const isIn = (state: string): string => `the instance is ${state}`;

function checked(words: string, checks: Checks | undefined): Progress {
  if (isWell(checks)) return { kind: 'done', summary: `${words}; its status checks pass` };
  const now = checks === undefined ? 'not known' : `${checks.instance} (instance), ${checks.system} (system)`;
  return running(`${words}; its status checks are ${now}`);
}

/** Did it happen? `before`: what the instance was when the intent was written. */
export function foundOf(verb: Verb, before: Life, instance: Instance | null): Found {
  // A reboot changes nothing that EC2 shows.
  if (instance === null || verb === 'restart') return 'cannot-tell';
  const { state, launchedAtMs } = lifeOf(instance);
  const sameLaunch = launchedAtMs === before.launchedAtMs;
  if (verb === 'stop') {
    if (!sameLaunch) return 'cannot-tell';
    return state === 'stopped' ? 'happened' : state === 'running' ? 'not-happened' : 'cannot-tell';
  }
  if (!sameLaunch) return state === 'running' ? 'happened' : 'cannot-tell';
  return state === 'stopped' ? 'not-happened' : 'cannot-tell';
}

/** What a stop or start came to that can be followed, though its answer was lost. */
export function resumedOf(verb: Verb, before: Life, instance: Instance | null, nowMs: number): Begun | null {
  if (instance === null || verb === 'restart') return null;
  const { state, launchedAtMs } = lifeOf(instance);
  const sameLaunch = launchedAtMs === before.launchedAtMs;
  const visible =
    verb === 'stop'
      ? sameLaunch && (state === 'stopping' || state === 'stopped')
      : !sameLaunch && (state === 'pending' || state === 'running');
  return visible ? { ...before, beganAtMs: nowMs } : null;
}

function running(words: string): Progress {
  return { kind: 'running', progress: { done: 0, of: 1, words } };
}

function superseded(reason: string): Progress {
  return { kind: 'superseded', reason };
}

function failed(reason: string, left: string): Progress {
  return { kind: 'failed', reason, left };
}
