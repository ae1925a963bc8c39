// What actions ask and say of the replicas of a target.

import { servingReplicas } from '../../inventory/availability.ts';
import type { ObservedState } from '../../inventory/target.ts';
import { plainLine } from '../../text.ts';
import type { Cost, Facts } from './action.ts';

type ReplicaId = string | number | boolean | undefined;

/** A process that stops, starts and is found healthy again. */
export const restartSeconds = 5;
export const free: Cost = { downtimeSeconds: 0, blastRadius: 0 };

export function servingCount(state: ObservedState): number {
  return servingReplicas(state);
}

/** One serving replica's share of the capacity; none when nothing serves. */
export function shareOfOne(state: ObservedState): number {
  const serving = servingCount(state);
  return serving === 0 ? 0 : 1 / serving;
}

export const none = (): readonly string[] => [];

export function everyReplica({ replicas }: ObservedState): readonly string[] {
  return replicas.map(({ id }) => id);
}

/** Crashing and starting again is not somebody's change; being taken out of service, or being gone, is. */
export function replicaFacts({ replicas }: ObservedState, taskId: ReplicaId): Facts {
  const one = replicas.find(({ id }) => id === taskId);
  const is = one === undefined ? 'gone' : one.state === 'draining' ? 'draining' : 'in service';
  return { [`replica ${plainLine(String(taskId ?? ''), 100)}`]: is };
}

export function withReplica(
  state: ObservedState,
  taskId: ReplicaId,
  becomes: 'draining' | 'running',
): ObservedState {
  const replicas = state.replicas.map((one) => (one.id === taskId ? { ...one, state: becomes } : one));
  return { ...state, replicas };
}
