// Everything that can be refused before the one call of an effect: by looking, and by asking IAM, because ECS has no dry run.

import type { Previewed } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { AwsError, type Refusal, refused, wordsOf } from '../answers.ts';
import { type Condition, type Right, tagCondition } from '../rights.ts';
import type { Sessions } from '../session.ts';
import { simulate } from '../simulate.ts';
import { type Effect, effectOf, unready } from './effect.ts';
import { stopRight, updateRight } from './rights.ts';
import { unscalable } from './scaling.ts';
import type { EcsSettings } from './settings.ts';
import type { EcsView } from './view.ts';
import type { Service } from './wire.ts';

type Step = Pick<Intent, 'action' | 'parameters' | 'target'>;
export type Ready = { readonly effect: Effect; readonly service: Service };

export async function readyFor(
  step: Step,
  settings: EcsSettings,
  view: EcsView,
  signal?: AbortSignal,
): Promise<Ready | Refusal> {
  const effect = effectOf(step);
  if ('code' in effect) return effect;
  const service = await view.find(step.target, signal);
  if ('code' in service) return service;
  const not = unready(settings, service, step.action, effect);
  if (not !== null) return not;
  const refusal =
    effect.kind === 'stop-task'
      ? await unstoppable(effect.taskId, service, view, signal)
      : await unchangeable(effect, service, view, signal);
  return refusal ?? { effect, service };
}

async function unstoppable(
  taskId: string,
  { serviceName }: Service,
  view: EcsView,
  signal?: AbortSignal,
): Promise<Refusal | null> {
  const task = await view.taskById(taskId, signal);
  if (task?.group !== `service:${serviceName}`)
    return refused('unknown-target', `service ${serviceName} has no task ${taskId}`);
  return task.desiredStatus === 'STOPPED'
    ? refused('changed-meanwhile', 'the task is being stopped already: nothing was done')
    : null;
}

async function unchangeable(
  { change, release }: Extract<Effect, { kind: 'update' }>,
  { serviceName }: Service,
  view: EcsView,
  signal?: AbortSignal,
): Promise<Refusal | null> {
  if (release !== null && (await view.ecs.activeDefinition(release, signal)) === null)
    return refused('invalid', `there is no active task definition ${release}`);
  return change.desiredCount === undefined
    ? null
    : unscalable(await view.scaling(serviceName, signal), change.desiredCount);
}

/** What the session for this effect may do. */
export function rightOf(
  settings: EcsSettings,
  { effect, service }: Ready,
): Pick<Right, 'actions' | 'resources'> {
  return effect.kind === 'update'
    ? updateRight(settings, service.serviceName)
    : stopRight(settings, effect.taskId);
}

export async function rehearse(
  step: Step,
  settings: EcsSettings,
  view: EcsView,
  sessions: Sessions,
  signal?: AbortSignal,
): Promise<Previewed> {
  try {
    const ready = await readyFor(step, settings, view, signal);
    if ('code' in ready) return { ok: false, code: ready.code, detail: ready.reason };
    const right = rightOf(settings, ready);
    await sessions.forEffect({ name: 'sentinel-preview', ...right }, signal);
    const condition = effectCondition(settings, ready.effect);
    const asked = condition === undefined ? right : { ...right, condition };
    const simulated = await simulate(settings, sessions, [asked], signal);
    const actions = right.actions.join(', ');
    if (simulated.kind === 'not-told')
      return {
        ok: true,
        detail: `the service is there; ECS has no dry run, and whether ${actions} is allowed could not be proven (${simulated.reason})`,
      };
    if (simulated.denied.length === 0)
      return { ok: true, detail: `the service is there; by its policies ${actions} is allowed` };
    const detail = `IAM does not allow ${simulated.denied.join(' or ')}`;
    return { ok: false, code: 'permission-denied', detail };
  } catch (error) {
    if (error instanceof AwsError) return { ok: false, code: error.code, detail: error.message };
    return { ok: false, code: 'unreachable', detail: wordsOf('looking at the service', error) };
  }
}

/** What IAM has to be told of the service, where its policies ask for tags. */
function effectCondition({ tags }: EcsSettings, effect: Effect): Condition | undefined {
  return effect.kind === 'update' ? tagCondition(tags) : undefined;
}
