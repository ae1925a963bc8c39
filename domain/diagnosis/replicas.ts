// Whether replicas are down or keep restarting, from the executor's own view and from gauges, whichever there is.

import type { ObservedState, ReplicaState } from '../inventory/target.ts';
import { atLeast } from './paces.ts';
import type { ResourceStats } from './resource-stats.ts';
import { thresholds } from './thresholds.ts';

export type Replicas = {
  readonly desired: number | null;
  readonly running: number | null;
  readonly exited: readonly string[];
  readonly starting: number;
  /** True when fewer run than should, and it is no deployment in progress. */
  readonly down: boolean;
  /** Restarts since shortly before the onset, and when they were as far as a counter showed. */
  readonly restarts: number;
  readonly restartsMs: readonly number[];
};

export function replicas(given: {
  readonly target: ObservedState | null;
  readonly resources: ResourceStats;
  readonly onsetMs: number;
}): Replicas {
  const { target, resources } = given;
  const sinceMs = given.onsetMs - atLeast(thresholds.restarts.lookBackMs, 1, resources.stepMs);
  const restartsMs = resources.instances
    .flatMap((instance) => instance.restartsMs.filter((atMs) => atMs >= sinceMs))
    .sort((a, b) => a - b);
  const observed = target === null ? null : observedReplicas(target);
  const measured = measuredReplicas(resources);
  const desired = observed?.desired ?? measured.desired;
  const running = observed?.running ?? measured.running;
  const gaugeDown =
    measured.desired !== null && measured.running !== null && measured.running < measured.desired;
  return {
    desired,
    running,
    exited: observed?.exited ?? measured.exited,
    starting: observed?.starting ?? 0,
    // What the executor sees now beats a gauge that may be seconds old.
    down: observed === null ? gaugeDown : observed.exited.length > 0 && observed.running < observed.desired,
    restarts: Math.max(
      restartsMs.length,
      target === null || isHeard(resources, given.onsetMs) ? 0 : recentRestarts(target.replicas, sinceMs),
    ),
    restartsMs,
  };
}

/** Counters that have not all been heard since the onset do not know; the executor was asked just now. */
function isHeard({ instances }: ResourceStats, onsetMs: number): boolean {
  const counters = instances.flatMap(({ restartsSeenMs }) => restartsSeenMs ?? []);
  return counters.length > 0 && counters.every((atMs) => atMs >= onsetMs);
}

function observedReplicas({ replicas, desiredReplicas }: ObservedState) {
  const inState = (...states: ReplicaState['state'][]) =>
    replicas.filter(({ state }) => states.includes(state));
  return {
    desired: desiredReplicas,
    running: inState('running', 'draining').length,
    exited: inState('exited').map(({ id }) => id),
    starting: inState('starting').length,
  };
}

function measuredReplicas({ instances, desired, available }: ResourceStats) {
  const gauges = instances.filter(({ running }) => running !== null);
  const up = gauges.filter(({ running }) => (running ?? 0) > 0).length;
  return {
    desired: desired?.now ?? null,
    running: available?.now ?? (gauges.length > 0 ? up : null),
    exited: gauges.filter(({ running }) => running === 0).map(({ instance }) => instance),
  };
}

/** Counters of the executor cover a replica's whole life: only a replica that started again lately says when. */
function recentRestarts(all: readonly ReplicaState[], sinceMs: number): number {
  return all
    .filter(({ startedAtMs, restarts }) => startedAtMs >= sinceMs && restarts > 0)
    .reduce((sum, { restarts }) => sum + restarts, 0);
}
