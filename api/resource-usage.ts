// What the services run on, and how full it is: the latest samples of telemetry beside what executors see of containers.

import { resourceMetricNames, type ServiceUsage, usageOf } from '../domain/infrastructure/usage.ts';
import { type Reach, reaches } from '../domain/policy/reach.ts';
import type { TargetState } from '../domain/remediation/target.ts';
import type { ApiDeps } from './deps.ts';

export type ServiceResources = Omit<ServiceUsage, 'seenAtMs'> & {
  /** As the executors see them; null where no executor does. */
  readonly containers: { readonly running: number; readonly wanted: number } | null;
  /** When the newest sample was taken; null without telemetry about its resources. */
  readonly seenAtMs: number | null;
};

/** `missing`: what could not be asked, with the reason. */
export type ResourceView = {
  readonly services: readonly ServiceResources[];
  readonly missing: readonly { readonly source: string; readonly reason: string }[];
};

/** Covers three samples at intervals of five minutes, the slowest that is common. */
const lookBackMs = 15 * 60_000;

/** By environment and service. What cannot be asked is in `missing`; the rest is there all the same. */
export async function readResources({
  series,
  infrastructure,
  clock,
}: Pick<ApiDeps, 'series' | 'infrastructure' | 'clock'>): Promise<ResourceView> {
  const [usage, ...observed] = await Promise.all([
    latestUsage(series, clock.nowMs() - lookBackMs),
    ...infrastructure.environments.map((environment) => infrastructure.observe(environment)),
  ]);
  const targets = observed.flatMap((one) => one.targets);
  const missing = observed.flatMap((one) =>
    one.missing.map(({ executor, reason }) => ({ source: executor, reason })),
  );
  return {
    services: joined(usage.services, targets),
    missing: usage.reason === null ? missing : [{ source: 'history', reason: usage.reason }, ...missing],
  };
}

/** What of a look that is shared by many this one's key reaches. */
export function resourcesWithin(reach: Reach | undefined, seen: ResourceView | null): ResourceView | null {
  if (seen === null) return null;
  return {
    ...seen,
    services: seen.services.filter(({ environment, service }) => reaches(reach, environment, service)),
  };
}

async function latestUsage(
  series: ApiDeps['series'],
  sinceMs: number,
): Promise<{ readonly services: readonly ServiceUsage[]; readonly reason: string | null }> {
  if (series === null) return { services: [], reason: 'telemetry history is switched off' };
  try {
    return { services: usageOf(await series.latest(resourceMetricNames, sinceMs)), reason: null };
  } catch (error) {
    return { services: [], reason: error instanceof Error ? error.message : String(error) };
  }
}

function joined(
  usages: readonly ServiceUsage[],
  targets: readonly TargetState[],
): readonly ServiceResources[] {
  const rows = new Map<string, ServiceResources>();
  for (const usage of usages) rows.set(placeOf(usage), { ...usage, containers: null });
  for (const { target, desiredReplicas, replicas } of targets) {
    const key = placeOf(target);
    const { environment, service } = target;
    const row = rows.get(key) ?? { environment, service, ...nothingKnown };
    const running = replicas.filter(({ state }) => state === 'running').length;
    const { running: before, wanted } = row.containers ?? { running: 0, wanted: 0 };
    rows.set(key, { ...row, containers: { running: before + running, wanted: wanted + desiredReplicas } });
  }
  return [...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, row]) => row);
}

const nothingKnown = {
  ...{ instances: 0, cpu: null, memory: null, disk: null, network: null, containers: null, seenAtMs: null },
};

function placeOf({
  environment,
  service,
}: {
  readonly environment: string;
  readonly service: string;
}): string {
  return `${environment}\0${service}`;
}
