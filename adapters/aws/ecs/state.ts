// An ECS service as Sentinel sees it: its tasks are the replicas, its task definition is the release.

import type { ObservedState, ReplicaState, Rollout } from '../../../domain/inventory/target.ts';
import { type Scaling, scalingOwner } from './scaling.ts';
import type { EcsSettings, ServiceAction } from './settings.ts';
import { lastPart, primaryOf, type Service, type Task } from './wire.ts';

/** What the primary deployment is, what it runs, and how many of it: changes with every wish, not with every task. */
export function revisionOf(service: Service): string | null {
  const primary = primaryOf(service);
  if (primary === undefined) return null;
  return [primary.id, lastPart(primary.taskDefinition), service.desiredCount].join('|');
}

export type Wish = { readonly deployment: string; readonly release: string; readonly desired: number };

/** Null for what no revision of ours says. */
export function wishIn(revision: string | undefined): Wish | null {
  const [deployment = '', release = '', desired = ''] = (revision ?? '').split('|');
  if (deployment === '' || release === '' || !/^\d+$/.test(desired)) return null;
  return { deployment, release, desired: Number(desired) };
}

type Seen = Omit<ObservedState, 'target' | 'protected' | 'owner' | 'observedAtMs' | 'previousRelease'>;

export function stateOf(service: Service, tasks: readonly Task[]): Seen {
  const primary = primaryOf(service);
  const revision = revisionOf(service);
  const replicas = tasks.map(replicaOf);
  return {
    desiredReplicas: service.desiredCount,
    replicas,
    readyReplicas: tasks.filter(
      (task) => replicaState(task) === 'running' && task.healthStatus !== 'UNHEALTHY',
    ).length,
    release: primary === undefined ? 'none' : lastPart(primary.taskDefinition),
    // What a task is started with is part of its task definition.
    config: 'as in the task definition',
    ...(revision === null ? {} : { revision }),
    rollout: rolloutOf(service),
  };
}

function replicaOf(task: Task): ReplicaState {
  return {
    id: lastPart(task.taskArn),
    state: replicaState(task),
    startedAtMs: (task.startedAt ?? task.createdAt)?.getTime() ?? 0,
    // ECS starts another task in place of one that ended.
    restarts: 0,
  };
}

function replicaState({ lastStatus, desiredStatus }: Task): ReplicaState['state'] {
  switch (lastStatus) {
    case 'RUNNING':
      return desiredStatus === 'STOPPED' ? 'draining' : 'running';
    case 'PROVISIONING':
    case 'PENDING':
    case 'ACTIVATING':
      return 'starting';
    case 'DEACTIVATING':
    case 'STOPPING':
    case 'DEPROVISIONING':
      return 'draining';
    default:
      return 'exited';
  }
}

export function isRollingOut(service: Service): boolean {
  const primary = primaryOf(service);
  return primary?.rolloutState === undefined
    ? service.deployments.length > 1
    : primary.rolloutState === 'IN_PROGRESS';
}

export function rolloutOf(service: Service): Rollout {
  const primary = primaryOf(service);
  if (primary === undefined) return { inProgress: false, detail: 'no deployment' };
  const { rolloutState, rolloutStateReason, runningCount, desiredCount } = primary;
  if (isRollingOut(service))
    return { inProgress: true, detail: `${runningCount} of ${desiredCount} tasks new` };
  return {
    inProgress: false,
    detail: rolloutState === 'FAILED' ? `failed: ${(rolloutStateReason ?? '').slice(0, 200)}` : 'complete',
  };
}

/** `ECS`: its own rolling deployments. */
const controllerOf = ({ deploymentController }: Service): string => deploymentController?.type ?? 'ECS';

/** Who makes its deployments, and who sets its count. */
export function ownerOf(service: Service, scaling: Scaling | undefined): Pick<ObservedState, 'owner'> {
  const controller = controllerOf(service);
  const owners = [
    ...(controller === 'ECS'
      ? []
      : [
          {
            name: controller.toLowerCase().replaceAll('_', '-'),
            detail: `its deployments are made by ${controller}`,
            reverts: ['restart', 'rollback-release', 'deploy-release'],
          },
        ]),
    ...(scaling === undefined ? [] : [scalingOwner(scaling)]),
  ];
  if (owners.length === 0) return {};
  return {
    owner: {
      name: owners.map(({ name }) => name).join(' + '),
      detail: owners.map(({ detail }) => detail).join('; '),
      reverts: owners.flatMap(({ reverts }) => reverts),
    },
  };
}

/** What ECS can do to this service, of what the configuration allows. */
export function supportedBy(settings: EcsSettings, service: Service): readonly ServiceAction[] {
  if (service.status !== 'ACTIVE') return [];
  return settings.actions.filter((action) => {
    if (action === 'scale') return service.schedulingStrategy === 'REPLICA';
    return controllerOf(service) === 'ECS';
  });
}

/** Why nothing may act on it, or undefined. */
export function protectionOf({ tags }: Pick<EcsSettings, 'tags'>, service: Service): string | undefined {
  const has = new Map(service.tags.map(({ key, value }) => [key, value]));
  const lacking = Object.entries(tags).find(([key, value]) => has.get(key) !== value);
  if (lacking !== undefined)
    return `it does not have the tag ${lacking[0]} = ${lacking[1]} of the configuration`;
  const why = has.get('sentinel:protected');
  return why === undefined ? undefined : `its tag sentinel:protected says so: ${why.slice(0, 100)}`;
}
