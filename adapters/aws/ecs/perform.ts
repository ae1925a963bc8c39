// The one call of an effect, and what it is followed by.

import type { Begun } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { Credentials } from '../session.ts';
import type { openEcs } from './api.ts';
import { type Begun as BegunEffect, handleOf } from './handle.ts';
import type { Ready } from './ready.ts';
import { arnsOf } from './rights.ts';
import type { EcsSettings } from './settings.ts';
import { lastPart, primaryOf } from './wire.ts';

type Performing = {
  readonly settings: EcsSettings;
  readonly ecs: Pick<ReturnType<typeof openEcs>, 'update' | 'stopTask'>;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
};

/** Throws whatever the SDK throws. */
export async function perform(
  { effect, service }: Ready,
  intent: Intent,
  { settings, ecs, credentials, signal, nowMs }: Performing,
): Promise<Begun> {
  const name = service.serviceName;
  if (effect.kind === 'stop-task') {
    await ecs.stopTask(credentials, arnsOf(settings).task(effect.taskId), `Sentinel ${intent.id}`, signal);
    const handle = handleOf({ kind: 'task', id: effect.taskId, beganAtMs: nowMs() });
    return { kind: 'accepted', handle, summary: `ECS is stopping task ${effect.taskId} of ${name}` };
  }
  const { change } = effect;
  const answer = await ecs.update(credentials, name, change, signal);
  const primary = answer.success ? primaryOf(answer.data) : undefined;
  if (primary === undefined)
    return {
      kind: 'unknown',
      reason: `ECS has answered the change of ${name} without saying what came of it`,
    };
  const before = primaryOf(service)?.id ?? '';
  const beganAtMs = nowMs();
  const begun: BegunEffect =
    change.desiredCount === undefined
      ? { kind: 'deployment', id: primary.id, before, beganAtMs }
      : { kind: 'count', desired: change.desiredCount, before: service.desiredCount, beganAtMs };
  const summary =
    change.desiredCount === undefined
      ? `ECS has begun deployment ${primary.id} of ${lastPart(primary.taskDefinition)} for ${name}`
      : `ECS has taken on ${change.desiredCount} tasks for ${name}`;
  return { kind: 'accepted', handle: handleOf(begun), summary };
}
