// Acts on the services of one ECS cluster that the configuration names. ECS knows no conditional updates and no tokens, so what
// it cannot refuse is looked at right before the one call; the session of an effect ends with the time it may be sent in.
// Between that look and the call somebody else may still act: docs/aws.md says what follows.

import type { Begun, EffectPromise, Executor, Polled } from '../../../activities/ports/executor.ts';
import { lostSight, refused, unanswered, unsent } from '../answers.ts';
import { type Credentials, createSessions } from '../session.ts';
import { effectOf } from './effect.ts';
import { begunOf, handleOf } from './handle.ts';
import { perform } from './perform.ts';
import {
  consistencyDelayMs,
  countProgress,
  deploymentProgress,
  foundOfStop,
  foundOfUpdate,
  resumedUpdate,
  taskProgress,
} from './progress.ts';
import { readyFor, rehearse, rightOf } from './ready.ts';
import type { EcsSettings } from './settings.ts';
import { revisionOf, wishIn } from './state.ts';
import { openView } from './view.ts';

/** Load balancers send the first requests some seconds after a task is called healthy. */
const settleMs = 10_000;

export function createEcsExecutor(
  settings: EcsSettings,
  { nowMs }: { readonly nowMs: () => number },
  base?: Credentials,
): Executor {
  const sessions = createSessions(settings, base);
  const view = openView(settings, sessions, nowMs);
  const { ecs, find, taskById } = view;

  return {
    name: settings.name,

    promise: ({ action, parameters }): EffectPromise => ({
      // Two forced deployments are two; a second wish for the same count or release finds it so.
      idempotency: action === 'restart' ? 'none' : 'compare-and-set',
      // A task is stopped with the intent's id as the reason; a deployment carries no name of ours.
      tellsWhose: action === 'restart' && parameters.taskId !== undefined,
      consistencyDelayMs,
      deadlineMs: settings.deadlineSeconds * 1_000,
      settleMs,
    }),

    observe: view.observe,

    preview: (step, signal) => rehearse(step, settings, view, sessions, signal),

    async begin(intent, call): Promise<Begun> {
      const what = `${intent.action} on ${intent.target.resource ?? intent.target.service}`;
      let credentials: Credentials;
      let ready: Awaited<ReturnType<typeof readyFor>>;
      try {
        ready = await readyFor(intent, settings, view, call.signal);
        if ('code' in ready) return { kind: 'refused', ...ready };
        if (call.revision !== undefined && call.revision !== revisionOf(ready.service))
          return {
            kind: 'refused',
            ...refused('changed-meanwhile', 'the service was deployed or scaled since it was looked at'),
          };
        const session = { name: intent.id, ...rightOf(settings, ready) };
        credentials = await sessions.forEffect({ ...session, notAfterMs: call.notAfterMs }, call.signal);
      } catch (error) {
        return { kind: 'refused', ...unsent(what, error) };
      }
      if (nowMs() > call.notAfterMs || call.signal.aborted)
        return { kind: 'refused', ...refused('too-late', 'the call is too late') };
      try {
        return await perform(ready, intent, { settings, ecs, credentials, signal: call.signal, nowMs });
      } catch (error) {
        return unanswered(what, error);
      }
    },

    async poll(intent, handle, signal): Promise<Polled> {
      const begun = begunOf(handle);
      if (begun === null) return { kind: 'unknown', reason: 'the handle is none of this executor' };
      const service = await find(intent.target, signal);
      if ('code' in service) return lostSight(service);
      const progress =
        begun.kind === 'deployment'
          ? deploymentProgress(begun, service, nowMs())
          : begun.kind === 'count'
            ? countProgress(begun, service, nowMs())
            : taskProgress(await taskById(begun.id, signal), service);
      if (progress.kind !== 'done') return progress;
      return { ...progress, after: await view.after(service, intent.target.environment, signal) };
    },

    async lookUp(intent, signal) {
      const [effect, before] = [effectOf(intent), wishIn(intent.before.revision)];
      if ('code' in effect) return 'cannot-tell';
      if (effect.kind === 'stop-task') return foundOfStop(intent.id, await taskById(effect.taskId, signal));
      const service = await find(intent.target, signal);
      return 'code' in service || before === null ? 'cannot-tell' : foundOfUpdate(effect, before, service);
    },

    async resume(intent, signal) {
      const [effect, before] = [effectOf(intent), wishIn(intent.before.revision)];
      if ('code' in effect) return null;
      if (effect.kind === 'stop-task') {
        const ours = foundOfStop(intent.id, await taskById(effect.taskId, signal)) === 'happened';
        return ours ? handleOf({ kind: 'task', id: effect.taskId, beganAtMs: nowMs() }) : null;
      }
      const service = await find(intent.target, signal);
      if ('code' in service || before === null) return null;
      const begun = resumedUpdate(effect, before, service, nowMs());
      return begun === null ? null : handleOf(begun);
    },
  };
}
