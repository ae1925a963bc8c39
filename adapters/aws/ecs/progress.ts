// What has become of an effect, by what ECS shows of the service now. Pure: the readings come in.

import type { Found, Polled } from '../../../activities/ports/executor.ts';
import type { Effect } from './effect.ts';
import type { Begun } from './handle.ts';
import { rolloutOf, type Wish } from './state.ts';
import { lastPart, primaryOf, type Service, type Task } from './wire.ts';

/** How long ECS may go on showing the state before a change. */
export const consistencyDelayMs = 15_000;

type Progress = Exclude<Polled, { kind: 'done' }> | { readonly kind: 'done'; readonly summary: string };

export function deploymentProgress(
  begun: Extract<Begun, { kind: 'deployment' }>,
  service: Service,
  nowMs: number,
): Progress {
  const ours = service.deployments.find(({ id }) => id === begun.id);
  const primary = primaryOf(service);
  if (ours?.rolloutState === 'FAILED' || rolledBack(begun.id, service)) {
    const reason = ours?.rolloutStateReason ?? primary?.rolloutStateReason ?? 'ECS gave no reason';
    const back = primary !== undefined && primary.id !== begun.id;
    return {
      kind: 'failed',
      reason: `the deployment failed: ${reason.slice(0, 300)}`,
      left: back
        ? `ECS has gone back to ${lastPart(primary.taskDefinition)}`
        : 'its tasks are kept as far as they run, beside those before them',
    };
  }
  if (primary?.id === begun.id) {
    const { inProgress, detail } = rolloutOf(service);
    const enough =
      primary.runningCount >= primary.desiredCount && service.runningCount >= service.desiredCount;
    if (!inProgress && enough && service.pendingCount === 0)
      return { kind: 'done', summary: `${primary.runningCount} of ${primary.desiredCount} tasks new` };
    const failures = primary.failedTasks === 0 ? '' : `, ${primary.failedTasks} failed to start`;
    const words = inProgress ? detail : `${service.runningCount} of ${service.desiredCount} tasks running`;
    return running(primary.runningCount, primary.desiredCount, `${words}${failures}`);
  }
  if (ours === undefined && primary?.id === begun.before && nowMs < begun.beganAtMs + consistencyDelayMs)
    return running(0, service.desiredCount, 'ECS does not show the deployment yet');
  return {
    kind: 'superseded',
    reason:
      primary?.id === begun.before
        ? 'ECS has gone back to the deployment before'
        : `another deployment has taken its place (${primary?.id ?? 'none is primary'})`,
  };
}

/** The circuit breaker names the deployment it leaves in the reason of the one it goes back to. */
function rolledBack(id: string, service: Service): boolean {
  const primary = primaryOf(service);
  return (
    primary !== undefined &&
    primary.id !== id &&
    /circuit breaker/i.test(primary.rolloutStateReason ?? '') &&
    /roll(ed|ing) ?back/i.test(primary.rolloutStateReason ?? '')
  );
}

export function countProgress(
  begun: Extract<Begun, { kind: 'count' }>,
  service: Service,
  nowMs: number,
): Progress {
  const { desiredCount, runningCount, pendingCount } = service;
  if (desiredCount === begun.before && nowMs < begun.beganAtMs + consistencyDelayMs)
    return running(runningCount, begun.desired, 'ECS does not show the new count yet');
  if (desiredCount !== begun.desired)
    return { kind: 'superseded', reason: `somebody has asked for ${desiredCount} tasks since` };
  if (runningCount === desiredCount && pendingCount === 0)
    return { kind: 'done', summary: `${runningCount} of ${desiredCount} tasks running` };
  return running(runningCount, desiredCount, `${runningCount} of ${desiredCount} tasks running`);
}

export function taskProgress(task: Task | null, service: Service): Progress {
  // ECS forgets a stopped task within the hour.
  if (task !== null && task.lastStatus !== 'STOPPED')
    return running(0, 1, `the task is ${task.lastStatus.toLowerCase()}`);
  const { runningCount, desiredCount } = service;
  return runningCount >= desiredCount
    ? { kind: 'done', summary: `the task has ended, ${runningCount} of ${desiredCount} tasks running` }
    : running(
        runningCount,
        desiredCount,
        `the task has ended, ${runningCount} of ${desiredCount} tasks running`,
      );
}

/** Did an update happen? `before`: what the service was when the intent was written. */
export function foundOfUpdate(
  { change, release }: Extract<Effect, { kind: 'update' }>,
  before: Wish,
  service: Service,
): Found {
  const primary = primaryOf(service);
  if (primary === undefined) return 'cannot-tell';
  const untouched = primary.id === before.deployment;
  if (change.desiredCount !== undefined) {
    if (service.desiredCount === before.desired) return 'not-happened';
    return service.desiredCount === change.desiredCount && service.runningCount === change.desiredCount
      ? 'happened'
      : 'cannot-tell';
  }
  if (untouched) return 'not-happened';
  if (release !== null && lastPart(primary.taskDefinition) === release && !rolloutOf(service).inProgress)
    return 'happened';
  // A deployment carries nobody's name: another one may be anybody's.
  return 'cannot-tell';
}

/** What an update came to that can be followed, though its answer was lost. */
export function resumedUpdate(
  { change, release }: Extract<Effect, { kind: 'update' }>,
  before: Wish,
  service: Service,
  nowMs: number,
): Begun | null {
  const primary = primaryOf(service);
  if (primary === undefined) return null;
  if (change.desiredCount !== undefined)
    return service.desiredCount === change.desiredCount && change.desiredCount !== before.desired
      ? { kind: 'count', desired: change.desiredCount, before: before.desired, beganAtMs: nowMs }
      : null;
  if (release === null || primary.id === before.deployment || lastPart(primary.taskDefinition) !== release)
    return null;
  return { kind: 'deployment', id: primary.id, before: before.deployment, beganAtMs: nowMs };
}

/** The reason that a stop carries is shown with the task: the intent's own name. */
export function foundOfStop(intentId: string, task: Task | null): Found {
  if (task === null) return 'cannot-tell';
  if (task.stoppedReason?.includes(intentId) === true) return 'happened';
  return task.desiredStatus === 'RUNNING' && task.lastStatus === 'RUNNING' ? 'not-happened' : 'cannot-tell';
}

function running(done: number, of: number, words: string): Progress {
  return { kind: 'running', progress: { done, of, words } };
}
