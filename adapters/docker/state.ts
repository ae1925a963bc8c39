// A container as Sentinel sees it: one target with one replica. Its name is its identity, because a container that is made
// again keeps nothing else; what it is made of (id, start, end) is its revision.

import { createHash } from 'node:crypto';
import type { ObservedState, ReplicaState } from '../../domain/inventory/target.ts';
import type { Inspected } from './wire.ts';

/** The moments by which an effect is recognised, as the engine writes them. */
export type Life = {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restarts: number;
};

export function lifeOf({ Id, State, RestartCount }: Inspected): Life {
  return { id: Id, startedAt: State.StartedAt, finishedAt: State.FinishedAt, restarts: RestartCount };
}

/** Changes with every start, every end, and every container that takes the name. */
export function revisionOf(container: Inspected): string {
  const { id, startedAt, finishedAt, restarts } = lifeOf(container);
  return [id, startedAt, finishedAt, restarts].join('|');
}

/** Null for what no revision of ours says. */
export function lifeIn(revision: string | undefined): Life | null {
  const [id = '', startedAt = '', finishedAt = '', restarts = ''] = (revision ?? '').split('|');
  if (!/^[a-f0-9]{64}$/.test(id) || startedAt === '' || !/^\d+$/.test(restarts)) return null;
  return { id, startedAt, finishedAt, restarts: Number(restarts) };
}

export function isUp({ State }: Inspected): boolean {
  return State.Status === 'running' || State.Status === 'paused' || State.Status === 'restarting';
}

/** `name` without the slash that Docker puts before it. */
export const nameOf = ({ Name }: Pick<Inspected, 'Name'>): string => Name.replace(/^\//, '');

type SeenOfContainer = Omit<ObservedState, 'target' | 'protected' | 'observedAtMs'>;

export function stateOf(container: Inspected): SeenOfContainer {
  const replica = replicaOf(container);
  const health = container.State.Health?.Status ?? 'none';
  const ready = replica.state === 'running' && (health === 'healthy' || health === 'none');
  return {
    desiredReplicas: 1,
    replicas: [replica],
    readyReplicas: ready ? 1 : 0,
    release: `${container.Config.Image}@${container.Image.replace(/^sha256:/, '').slice(0, 12)}`.slice(-100),
    config: configurationOf(container),
    revision: revisionOf(container),
    ...ownerOf(container),
  };
}

function replicaOf(container: Inspected): ReplicaState {
  const started = Date.parse(container.State.StartedAt);
  return {
    id: nameOf(container),
    state: replicaState(container),
    // Docker writes the year 1 for what never was.
    startedAtMs: Number.isFinite(started) ? Math.max(0, started) : 0,
    restarts: container.RestartCount,
  };
}

function replicaState({ State }: Inspected): ReplicaState['state'] {
  switch (State.Status) {
    case 'running':
      return State.Health?.Status === 'starting' ? 'starting' : 'running';
    case 'restarting':
      return 'starting';
    // Its processes are there and do nothing.
    case 'paused':
      return 'draining';
    default:
      return 'exited';
  }
}

/** A digest: what a container is started with holds secrets. */
function configurationOf({ Config, HostConfig }: Inspected): string {
  return createHash('sha256')
    .update(JSON.stringify([Config, HostConfig]))
    .digest('hex')
    .slice(0, 12);
}

function ownerOf({ Config }: Inspected): Pick<ObservedState, 'owner'> {
  const service = Config.Labels['com.docker.swarm.service.name'];
  if (service === undefined) return {};
  const detail = `the swarm service ${service.slice(0, 100)} starts another task for one that ends`;
  return { owner: { name: 'swarm', detail, reverts: ['stop'] } };
}
