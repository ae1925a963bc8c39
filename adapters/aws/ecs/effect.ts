// What an action asks of ECS, and whether the service is still such that it may be asked.

import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import { type Refusal, refused } from '../answers.ts';
import type { Change } from './api.ts';
import { type EcsSettings, type ServiceAction, serviceActions } from './settings.ts';
import { isRollingOut, supportedBy } from './state.ts';
import { lastPart, primaryOf, type Service } from './wire.ts';

export type Effect =
  | { readonly kind: 'update'; readonly change: Change; readonly release: string | null }
  | { readonly kind: 'stop-task'; readonly taskId: string };

type Step = { readonly action: string; readonly parameters: ActionParameters };

const effects: Readonly<Record<ServiceAction, (parameters: ActionParameters) => Effect | Refusal>> = {
  restart({ taskId }) {
    if (taskId === undefined) return { kind: 'update', change: { forceNewDeployment: true }, release: null };
    return /^[0-9a-f-]{32,36}$/.test(String(taskId))
      ? { kind: 'stop-task', taskId: String(taskId) }
      : refused('invalid', `${String(taskId).slice(0, 60)} is no id of an ECS task`);
  },
  scale({ replicas }) {
    const desired = Number(replicas);
    if (!Number.isInteger(desired) || desired < 1) return refused('invalid', 'no such number of tasks');
    return { kind: 'update', change: { desiredCount: desired }, release: null };
  },
  'rollback-release': ({ to }) => releaseEffect(to),
  'deploy-release': ({ release }) => releaseEffect(release),
};

/** Of the step alone: the same for a dry run, the call, and a look afterwards. */
export function effectOf({ action, parameters }: Step): Effect | Refusal {
  const known = serviceActions.find((one) => one === action);
  return known === undefined ? refused('not-supported', `ECS has no ${action}`) : effects[known](parameters);
}

/** A family with its revision: without, ECS would take the newest one. */
function releaseEffect(release: unknown): Effect | Refusal {
  return typeof release === 'string' && /^[A-Za-z0-9_-]{1,255}:[1-9]\d*$/.test(release)
    ? { kind: 'update', change: { taskDefinition: release }, release }
    : refused(
        'invalid',
        'a release of an ECS service is a task definition with its revision, such as orders:12',
      );
}

/** Why this service, as it is now, is not to be asked for that; null when it may be. */
export function unready(
  settings: EcsSettings,
  service: Service,
  action: string,
  effect: Effect,
): Refusal | null {
  const { serviceName, desiredCount, status } = service;
  if (status !== 'ACTIVE') return refused('unknown-target', `service ${serviceName} is being deleted`);
  if (!supportedBy(settings, service).some((one) => one === action))
    return refused(
      'not-supported',
      `service ${serviceName} does not allow ${action}, or the configuration does not`,
    );
  const primary = primaryOf(service);
  if (primary === undefined) return refused('not-supported', `service ${serviceName} has no deployment`);
  if (effect.kind === 'stop-task') return null;
  const { change, release } = effect;
  if (change.desiredCount === desiredCount)
    return refused(
      'changed-meanwhile',
      `it has ${desiredCount} tasks already, by somebody else: nothing was done`,
    );
  if (release !== null && release === lastPart(primary.taskDefinition))
    return refused('changed-meanwhile', `it runs ${release} already, by somebody else: nothing was done`);
  if (change.forceNewDeployment === true && desiredCount === 0)
    return refused(
      'not-supported',
      `service ${serviceName} is to have no tasks: there is nothing to restart`,
    );
  if (change.forceNewDeployment === true && isRollingOut(service))
    return refused(
      'changed-meanwhile',
      'a deployment is in progress, which starts fresh tasks by itself: a restart would put another in its place',
    );
  return null;
}
