// Acts on the services of one ECS cluster that the configuration names. ECS knows no conditional updates and no tokens, so what
// it cannot refuse is looked at right before the one call; the session of an effect ends with the time it may be sent in.
// Between that look and the call somebody else may still act: docs/aws.md says what follows.

import type { Begun, EffectPromise, Executor, Polled } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { AwsError, lostSight, type Refusal, refused, unanswered, unsent, wordsOf } from '../answers.ts';
import { type Condition, type Right, tagCondition } from '../rights.ts';
import { type Credentials, createSessions } from '../session.ts';
import { simulate } from '../simulate.ts';
import { openEcs } from './api.ts';
import { type Effect, effectOf, unready } from './effect.ts';
import { type Begun as BegunEffect, begunOf, handleOf } from './handle.ts';
import {
  consistencyDelayMs,
  countProgress,
  deploymentProgress,
  foundOfStop,
  foundOfUpdate,
  resumedUpdate,
  taskProgress,
} from './progress.ts';
import { arnsOf, stopRight, updateRight } from './rights.ts';
import type { EcsSettings } from './settings.ts';
import { protectionOf, revisionOf, stateOf, supportedBy, wishIn } from './state.ts';
import { lastPart, primaryOf, type Service, type Task } from './wire.ts';

/** Load balancers send the first requests some seconds after a task is called healthy. */
const settleMs = 10_000;

export function createEcsExecutor(
  settings: EcsSettings,
  { nowMs }: { readonly nowMs: () => number },
  base?: Credentials,
): Executor {
  const sessions = createSessions(settings, base);
  const ecs = openEcs(settings, sessions);
  const prefix = `ecs/${settings.cluster}/`;
  const servedBy = new Map(settings.services.map(({ name, serves }) => [name, serves ?? name]));

  function targetOf(service: Service, tasks: readonly Task[], environment: string): TargetState {
    const name = service.serviceName;
    const why = protectionOf(settings, service);
    return {
      target: { environment, service: servedBy.get(name) ?? name, resource: `${prefix}${name}` },
      executor: settings.name,
      ...stateOf(service, tasks),
      observedAtMs: nowMs(),
      ...(why === undefined ? {} : { protected: why }),
      supports: why === undefined ? supportedBy(settings, service) : [],
    };
  }

  async function seen(service: Service, environment: string, signal?: AbortSignal): Promise<TargetState> {
    const name = service.serviceName;
    const [tasks, releases] = await Promise.all([
      ecs.tasksOf(name, signal),
      settings.actions.includes('rollback-release') ? ecs.releasesOf(name, signal) : [],
    ]);
    const target = targetOf(service, tasks, environment);
    const previous = releases.find((release) => release !== target.release);
    return previous === undefined ? target : { ...target, previousRelease: previous };
  }

  /** The service of the target, or why it is none of ours. */
  async function find(target: Intent['target'], signal?: AbortSignal): Promise<Service | Refusal> {
    const { resource = '' } = target;
    const name = resource.startsWith(prefix) ? resource.slice(prefix.length) : '';
    if (!servedBy.has(name))
      return refused('unknown-target', `the configuration of ${settings.name} does not name ${resource}`);
    const service = await ecs.one(name, signal);
    if (service === null)
      return refused('unknown-target', `there is no service ${name} in cluster ${settings.cluster}`);
    const why = protectionOf(settings, service);
    return why === undefined ? service : refused('protected', `nothing may act on ${name}: ${why}`);
  }

  const rightOf = (effect: Effect, service: Service): Pick<Right, 'actions' | 'resources'> =>
    effect.kind === 'update'
      ? updateRight(settings, service.serviceName)
      : stopRight(settings, effect.taskId);

  const taskById = async (id: string, signal?: AbortSignal): Promise<Task | null> =>
    (await ecs.tasksByArn([arnsOf(settings).task(id)], signal))[0] ?? null;

  /** Everything that can be refused before the call, by readings alone. */
  async function ready(
    step: Pick<Intent, 'action' | 'parameters' | 'target'>,
    signal?: AbortSignal,
  ): Promise<{ readonly effect: Effect; readonly service: Service } | Refusal> {
    const effect = effectOf(step);
    if ('code' in effect) return effect;
    const service = await find(step.target, signal);
    if ('code' in service) return service;
    const not = unready(settings, service, step.action, effect);
    if (not !== null) return not;
    if (effect.kind === 'stop-task') {
      const task = await taskById(effect.taskId, signal);
      if (task?.group !== `service:${service.serviceName}`)
        return refused('unknown-target', `service ${service.serviceName} has no task ${effect.taskId}`);
      if (task.desiredStatus === 'STOPPED')
        return refused('changed-meanwhile', 'the task is being stopped already: nothing was done');
    } else if (effect.release !== null && (await ecs.activeDefinition(effect.release, signal)) === null)
      return refused('invalid', `there is no active task definition ${effect.release}`);
    return { effect, service };
  }

  async function perform(
    { effect, service }: { readonly effect: Effect; readonly service: Service },
    intent: Intent,
    credentials: Credentials,
    signal: AbortSignal,
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

    async observe(environment, service, signal) {
      const names = settings.services
        .map(({ name }) => name)
        .filter((name) => service === undefined || servedBy.get(name) === service);
      if (names.length === 0) return [];
      const found = await ecs.describe(names, signal);
      return Promise.all(found.map((one) => seen(one, environment, signal)));
    },

    async preview(step, signal) {
      try {
        const checked = await ready(step, signal);
        if ('code' in checked) return { ok: false, code: checked.code, detail: checked.reason };
        const right = rightOf(checked.effect, checked.service);
        await sessions.forEffect({ name: 'sentinel-preview', ...right }, signal);
        const condition = effectCondition(settings, checked.effect);
        const asked = condition === undefined ? right : { ...right, condition };
        const simulated = await simulate(settings, sessions, [asked], signal);
        if (simulated.kind === 'not-told')
          return {
            ok: true,
            detail: `the service is there; ECS has no dry run, and whether ${right.actions.join(', ')} is allowed could not be proven (${simulated.reason})`,
          };
        return simulated.denied.length > 0
          ? {
              ok: false,
              code: 'permission-denied',
              detail: `IAM does not allow ${simulated.denied.join(' or ')}`,
            }
          : {
              ok: true,
              detail: `the service is there; by its policies ${right.actions.join(', ')} is allowed`,
            };
      } catch (error) {
        if (error instanceof AwsError) return { ok: false, code: error.code, detail: error.message };
        return { ok: false, code: 'unreachable', detail: wordsOf('looking at the service', error) };
      }
    },

    async begin(intent, call): Promise<Begun> {
      const what = `${intent.action} on ${intent.target.resource ?? intent.target.service}`;
      let credentials: Credentials;
      let checked: Awaited<ReturnType<typeof ready>>;
      try {
        checked = await ready(intent, call.signal);
        if ('code' in checked) return { kind: 'refused', ...checked };
        if (call.revision !== undefined && call.revision !== revisionOf(checked.service))
          return {
            kind: 'refused',
            ...refused('changed-meanwhile', 'the service was deployed or scaled since it was looked at'),
          };
        const session = { name: intent.id, ...rightOf(checked.effect, checked.service) };
        credentials = await sessions.forEffect({ ...session, notAfterMs: call.notAfterMs }, call.signal);
      } catch (error) {
        return { kind: 'refused', ...unsent(what, error) };
      }
      if (nowMs() > call.notAfterMs || call.signal.aborted)
        return { kind: 'refused', ...refused('too-late', 'the call is too late') };
      try {
        return await perform(checked, intent, credentials, call.signal);
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
      return { ...progress, after: await seen(service, intent.target.environment, signal) };
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

/** What IAM has to be told of the service, where its policies ask for tags. */
function effectCondition({ tags }: EcsSettings, effect: Effect): Condition | undefined {
  return effect.kind === 'update' ? tagCondition(tags) : undefined;
}
