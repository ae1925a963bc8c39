// What has become of a restart, stop or start, by what the container looks like now and looked like before. Docker has no place
// for the id of an intent: the moments of its last start and end are all there is to go by.

import type { Found, Polled } from '../../activities/ports/executor.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { Verb } from './engine.ts';
import type { Begun } from './handle.ts';
import { isUp, type Life, lifeOf } from './state.ts';
import type { Inspected } from './wire.ts';

/** A program that ends at once is seen to run, too; where no health check tells them apart, time does. */
const steadyMs = 2_000;

/** `after`: the target as it is now. */
export function progressOf(
  verb: Verb,
  before: Begun,
  now: Inspected | null,
  after: TargetState | null,
  nowMs: number,
): Polled {
  if (now === null || now.Id !== before.id)
    return { kind: 'superseded', reason: 'somebody removed the container, or made another one of its name' };
  if (verb === 'stop') {
    if (!isUp(now)) return { kind: 'done', after, summary: 'the container is stopped' };
    return before.failure === undefined ? running('the container is stopping') : failed(before.failure, '');
  }
  const { startedAt, finishedAt, restarts } = lifeOf(now);
  if (startedAt === before.startedAt) {
    if (before.failure !== undefined) {
      const stopped = finishedAt !== before.finishedAt && !isUp(now);
      return failed(before.failure, stopped ? 'the container is stopped, and was not started again' : '');
    }
    return running(isUp(now) ? 'the container is stopping' : 'the container is starting');
  }
  if (now.State.Status === 'restarting' || restarts > 0)
    return failed(`the container was started and has ended ${times(restarts)} since (${exitOf(now)})`, '');
  if (!isUp(now))
    return failed(`the container was started and has ended (${exitOf(now)})`, 'the container is stopped');
  const health = now.State.Health?.Status ?? 'none';
  if (health === 'starting') return running('the container runs, its health check has not passed yet');
  // An engine whose clock is ahead cannot be asked for how long.
  const upMs = nowMs - Date.parse(startedAt);
  if (health === 'none' && upMs >= 0 && upMs < steadyMs) return running('the container has begun to run');
  if (health === 'unhealthy') return failed('the container runs, and its health check fails', '');
  return {
    kind: 'done',
    after,
    summary: `the container runs${health === 'healthy' ? ' and is healthy' : ''}`,
  };
}

/** Whether the effect happened; of a container that is still the one it was planned for. */
export function foundOf(verb: Verb, before: Life, now: Inspected | null): Found {
  if (now === null || now.Id !== before.id) return 'cannot-tell';
  return found[verb](before, now, lifeOf(now).startedAt !== before.startedAt);
}

/** `fresh`: it was started since. */
const found: Readonly<Record<Verb, (before: Life, now: Inspected, fresh: boolean) => Found>> = {
  stop(_before, now, fresh) {
    if (!isUp(now)) return 'happened';
    return fresh ? 'cannot-tell' : 'not-happened';
  },
  start: (_before, _now, fresh) => (fresh ? 'happened' : 'not-happened'),
  restart(before, now, fresh) {
    // A start by hand sets the count of restarts by policy back to nothing: with no higher count it came from a call.
    if (fresh) return lifeOf(now).restarts > before.restarts ? 'cannot-tell' : 'happened';
    // Ended since: it may be between its two halves.
    return lifeOf(now).finishedAt === before.finishedAt ? 'not-happened' : 'cannot-tell';
  },
};

function exitOf({ State }: Inspected): string {
  return State.OOMKilled ? `exit code ${State.ExitCode}, out of memory` : `exit code ${State.ExitCode}`;
}

function times(count: number): string {
  return count <= 1 ? 'once' : `${count} times`;
}

function running(words: string): Polled {
  return { kind: 'running', progress: { done: 0, of: 1, words } };
}

function failed(reason: string, left: string): Polled {
  return { kind: 'failed', reason, left };
}
