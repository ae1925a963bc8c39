// Whether a target serves, as its executor sees it. Nothing wanted is not "available": it is stopped.

import type { ObservedState } from './target.ts';

export const availabilities = ['ok', 'degraded', 'down', 'stopped'] as const;
export type Availability = (typeof availabilities)[number];

/** Replicas that serve: running, and ready where the executor knows that apart. `also`: states that still count as running. */
export function servingReplicas(
  { replicas, readyReplicas }: ObservedState,
  ...also: readonly ObservedState['replicas'][number]['state'][]
): number {
  const running = replicas.filter(({ state }) => state === 'running' || also.includes(state)).length;
  return Math.min(running, readyReplicas ?? running);
}

export function availabilityOf(state: ObservedState): Availability {
  const serving = servingReplicas(state);
  if (state.desiredReplicas === 0) return 'stopped';
  if (serving >= state.desiredReplicas) return 'ok';
  return serving > 0 ? 'degraded' : 'down';
}
