// Signs that a resource of a service is giving out: CPU, memory, disk, connection pool.

import type { Anomaly, SignalKind } from '../detection/anomaly.ts';
import type { ServiceFeatures } from './features.ts';
import { coarseFromMs, secondMs } from './paces.ts';
import type { InstanceResources, Limited, PoolStats } from './resource-stats.ts';
import { thresholds } from './thresholds.ts';
import { projectedMs, type Trend } from './trend.ts';

export type CpuSign = {
  /** The instances that burn, and how many report CPU at all. */
  readonly instances: readonly string[];
  readonly of: number;
  readonly before: number;
  readonly now: number;
};

export function cpuSign({ resources }: ServiceFeatures): CpuSign | null {
  const { saturated, minFactor, minRise, starvedFactor, starvedRise } = thresholds.cpu;
  const measured = resources.instances.flatMap(({ instance, cpu }) =>
    cpu === null ? [] : { instance, ...cpu },
  );
  // A replica started after the onset has no past; what its siblings used before stands in.
  const usual = Math.max(0, ...measured.map(({ before }) => before).filter(Number.isFinite));
  const hot = measured.filter(({ before, now }) => {
    const past = Number.isFinite(before) ? before : usual;
    const full = now >= saturated && now >= past * 1.5;
    const risen = now >= past * minFactor && now - past >= minRise;
    // On a busy machine a process gets less than it wants: many times its own past counts, however little it is.
    const starved = Number.isFinite(before) && now >= before * starvedFactor && now - before >= starvedRise;
    return full || risen || starved;
  });
  const hottest = hot.reduce<(typeof hot)[number] | null>(
    (best, one) => (best && best.now >= one.now ? best : one),
    null,
  );
  if (hottest === null) return null;
  const before = Number.isFinite(hottest.before) ? hottest.before : usual;
  return { instances: hot.map(({ instance }) => instance), of: measured.length, before, now: hottest.now };
}

/** True when the service does next to nothing compared with before; null when CPU is not measured. */
export function isIdle({ resources }: ServiceFeatures, instance?: string): boolean | null {
  const measured = resources.instances
    .filter((one) => instance === undefined || one.instance === instance)
    .flatMap(({ cpu }) => (cpu === null || !Number.isFinite(cpu.before) ? [] : cpu));
  if (measured.length === 0) return null;
  return measured.every(({ before, now }) => now <= before * thresholds.cpu.idleFactor);
}

/** When it will be known; null when that should have been before now. */
export type UnheardSign = { readonly dueMs: number | null };

/** What was not heard for so many intervals before the onset is not expected any more. */
const givenUpIntervals = 3;

/**
 * Whether an instance has not told since the onset of a resource that may be short: a sample that is mostly of the time before
 * says nothing of it. Null when all have been heard, or never are.
 */
export function unheardSign(service: ServiceFeatures, onsetMs: number, nowMs: number): UnheardSign | null {
  const due = service.instances
    .filter(({ present }) => present)
    .flatMap(({ resources }) => resources?.lastHeard ?? [])
    .flatMap(({ atMs, stepMs }) => {
      const step = Math.max(secondMs, stepMs ?? nowMs - atMs);
      const neededMs = onsetMs + (step < coarseFromMs ? 0 : step / 2);
      if (atMs >= neededMs || atMs < onsetMs - givenUpIntervals * step) return [];
      return [atMs + Math.ceil((neededMs - atMs) / step) * step];
    });
  if (due.length === 0) return null;
  const dueMs = Math.max(...due) + thresholds.window.delayMs;
  return { dueMs: dueMs < nowMs ? null : dueMs };
}

export type ExhaustionSign = {
  readonly instance: string;
  readonly share: number;
  readonly trend: Trend | null;
  /** At the limit now, or thrown back from it by a restart. */
  readonly critical: boolean;
  readonly limitInMs: number | null;
  readonly of: number;
  readonly instances: readonly string[];
};

export function memorySign(service: ServiceFeatures, anomalies: readonly Anomaly[]): ExhaustionSign | null {
  const reported = isReported(anomalies, service.service, 'memory');
  const found = service.resources.instances.flatMap((one) => {
    const sign = one.memory === null ? null : exhaustion(one.memory, thresholds.memory, reported);
    return sign === null ? [] : { ...sign, instance: one.instance };
  });
  const of = service.resources.instances.filter(({ memory }) => memory !== null).length;
  const worst = found.sort((a, b) => rank(b) - rank(a))[0];
  return worst === undefined ? null : { ...worst, of, instances: found.map(({ instance }) => instance) };
}

export function diskSign(service: ServiceFeatures, anomalies: readonly Anomaly[]): ExhaustionSign | null {
  const { disk } = service.resources;
  const whole = { instance: '', of: 1, instances: [] };
  if (disk !== null) {
    const sign = exhaustion(disk, thresholds.disk, isReported(anomalies, service.service, 'disk'));
    return sign === null ? null : { ...whole, ...sign };
  }
  const sandbox = service.target?.sandbox;
  if (sandbox === undefined || sandbox.limitBytes <= 0) return null;
  const share = sandbox.usedBytes / sandbox.limitBytes;
  return share < thresholds.disk.critical
    ? null
    : { ...whole, share, trend: null, critical: true, limitInMs: 0 };
}

type Bars = { readonly critical: number; readonly minRise: number };

function exhaustion(
  level: Limited,
  bars: Bars,
  reported: boolean,
): Pick<ExhaustionSign, 'share' | 'trend' | 'critical' | 'limitInMs'> | null {
  const { share, trend, fellFrom, limit } = level;
  const hasLimit = Number.isFinite(limit) && limit > 0;
  const reference = hasLimit ? limit : Math.max(trend?.first ?? 0, level.before);
  const needed = hasLimit ? bars.minRise : 0.25;
  // What has always been there is no symptom, however high it stands.
  const rose = level.now - (Number.isFinite(level.before) ? level.before : level.now) >= reference * needed;
  const climbs = trend !== null && trend.rise >= reference * needed;
  const limitInMs = trend === null || !hasLimit ? null : projectedMs(trend, limit);
  const thrownBack = fellFrom !== null && fellFrom >= bars.critical;
  if (hasLimit && ((share >= bars.critical && (rose || climbs || reported)) || thrownBack)) {
    return { share, trend, critical: true, limitInMs: thrownBack ? limitInMs : (limitInMs ?? 0) };
  }
  const horizonMs = reported ? thresholds.exhaustion.reportedMs : thresholds.exhaustion.soonMs;
  const soon = limitInMs === null ? reported && climbs : limitInMs <= horizonMs;
  return climbs && soon ? { share, trend, critical: false, limitInMs } : null;
}

function rank({ share, critical }: { share: number; critical: boolean }): number {
  return (critical ? 10 : 0) + (Number.isFinite(share) ? share : 0);
}

function isReported(anomalies: readonly Anomaly[], service: string, signal: SignalKind): boolean {
  return anomalies.some(
    (one) => one.signal === signal && one.scope.service === service && one.direction === 'up',
  );
}

export type PoolSign = PoolStats & { readonly instances: readonly string[]; readonly of: number };

/** A pool whose connections are all taken while requests wait for one, and which was not like that before. */
export function poolSign({ resources }: ServiceFeatures): PoolSign | null {
  const withPools = resources.instances.filter(({ pools }) => pools.length > 0);
  const full = withPools.flatMap((one) => {
    const pool = fullPool(one);
    return pool === null ? [] : { instance: one.instance, pool };
  });
  const worst = full.sort((a, b) => b.pool.pending - a.pool.pending)[0];
  if (worst === undefined) return null;
  return { ...worst.pool, instances: full.map(({ instance }) => instance), of: withPools.length };
}

function fullPool({ pools }: InstanceResources): PoolStats | null {
  const full = pools.filter(
    ({ used, max, pending, pendingBefore }) =>
      max > 0 && used >= max * thresholds.pool.full && pending > 0 && !(pendingBefore >= pending),
  );
  return full.sort((a, b) => b.pending - a.pending)[0] ?? null;
}
