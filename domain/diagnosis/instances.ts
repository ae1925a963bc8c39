// One replica of several may be the bad one: what is known of each instance of a service.

import type { ObservedState } from '../inventory/target.ts';
import type { CallBucket } from '../telemetry.ts';
import { baselineOf, type CallStats, callStats } from './call-stats.ts';
import { group } from './grouping.ts';
import { atLeast } from './paces.ts';
import type { InstanceResources, ResourceStats } from './resource-stats.ts';
import { silentSince } from './silence.ts';
import type { Windows } from './windows.ts';

export type InstanceFeatures = {
  readonly instance: string;
  readonly server: CallStats | null;
  readonly resources: InstanceResources | null;
  /** Whether it still exists: by the executor's list, else by what the host reports of it. */
  readonly present: boolean;
  readonly silentSinceMs: number | null;
};

/** An instance younger than this many buckets is compared with its service's past. */
const ownPastBuckets = 10;
/** A host that reported an instance within this time still has it. */
const presentMs = 5_000;

export function instanceFeatures(given: {
  readonly serverBuckets: readonly CallBucket[];
  readonly server: CallStats | null;
  readonly resources: ResourceStats;
  readonly target: ObservedState | null;
  readonly windows: Windows;
  readonly metricWindows: Windows;
}): readonly InstanceFeatures[] {
  const { windows, target } = given;
  const byInstance = group(given.serverBuckets, ({ instance }) => instance);
  const resources = new Map(given.resources.instances.map((one) => [one.instance, one]));
  const names = new Set([...byInstance.keys(), ...resources.keys()].filter((name) => name !== ''));
  const serviceBaseline = baselineOf(given.serverBuckets, windows.before);
  // Telemetry and executor may name instances differently; then the executor's list says nothing about them.
  const sameNames = target?.replicas.some(({ id }) => names.has(id)) ?? false;
  return [...names].sort().map((instance) => {
    const buckets = byInstance.get(instance) ?? [];
    const own = baselineOf(buckets, windows.before);
    const baseline = own.aggregate.buckets >= ownPastBuckets ? own : serviceBaseline;
    const server = buckets.length === 0 ? null : callStats(buckets, windows, baseline);
    const mine = resources.get(instance) ?? null;
    const reported =
      mine !== null &&
      given.metricWindows.dataEndMs - mine.outsideSeenMs <= atLeast(presentMs, 2.5, mine.outsideStepMs);
    const listed = target?.replicas.some(({ id, state }) => id === instance && state !== 'exited');
    const present = sameNames && listed !== undefined ? listed : reported;
    // Its own past decides whether it should be heard; the service's says nothing about one replica's share.
    const silent = server === null ? null : silentSince({ ...server, before: own.aggregate });
    return { instance, server, resources: mine, present, silentSinceMs: silent };
  });
}

export function isBad({ server }: InstanceFeatures): boolean {
  return server !== null && (server.ownErrors.up || server.selfTime.up);
}

/**
 * The one instance that `bad` is true of while at least one other present instance is fine; null when all or several
 * are affected, so that the service as a whole is the place to act.
 */
export function onlyOne(
  instances: readonly InstanceFeatures[],
  bad: (instance: InstanceFeatures) => boolean,
): string | null {
  const present = instances.filter((one) => one.present);
  const affected = present.filter(bad);
  return affected.length === 1 && present.length > 1 ? (affected[0]?.instance ?? null) : null;
}
