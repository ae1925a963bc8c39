// What metric buckets say of one service and its instances: CPU, memory, disk, pools, restarts, replicas.

import type { MetricBucket } from '../telemetry.ts';
import { coarseFromMs, paceOfPoints, secondMs } from './paces.ts';
import { isReportedFromOutside, poolOf, type ResourceMetric, resourceMetric } from './resource-metrics.ts';
import { lastFall, median, type Point } from './statistics.ts';
import { thresholds } from './thresholds.ts';
import { risingTrend, type Trend } from './trend.ts';
import { inside, type Windows, windowsAtPace } from './windows.ts';

export type Level = { readonly before: number; readonly now: number };
/** A level that has a limit: `share` is of the limit (NaN when the limit is unknown). */
export type Limited = Level & {
  readonly share: number;
  readonly limit: number;
  readonly trend: Trend | null;
  /** Share of the limit right before the last sudden fall since the onset: a process killed at its limit. */
  readonly fellFrom: number | null;
};

export type PoolStats = {
  readonly used: number;
  readonly max: number;
  readonly maxBefore: number;
  readonly pending: number;
  readonly pendingBefore: number;
};

export type InstanceResources = {
  readonly instance: string;
  readonly cpu: Level | null;
  readonly memory: Limited | null;
  readonly pools: readonly PoolStats[];
  /** Times at which the restart counter rose, within the data. */
  readonly restartsMs: readonly number[];
  /** Newest sample of the restart counter; null when there is none. */
  readonly restartsSeenMs: number | null;
  /** Last value of the running gauge; null when there is none. */
  readonly running: number | null;
  /** Last point of anything the host or orchestrator reports, and of anything the process itself reports. */
  readonly outsideSeenMs: number;
  /** The usual distance of the samples of its slowest series, and of the slowest reported from outside. */
  readonly stepMs: number;
  readonly outsideStepMs: number;
  readonly ownSeenMs: number;
  /** When it last told of each resource that may be short: CPU, memory, disk, pools. */
  readonly lastHeard: readonly LastHeard[];
};

/** `stepMs`: the usual distance of its samples; null when only one is known. */
export type LastHeard = { readonly atMs: number; readonly stepMs: number | null };

export type ResourceStats = {
  /** Of its slowest instance. */
  readonly stepMs: number;
  readonly instances: readonly InstanceResources[];
  readonly disk: Limited | null;
  readonly desired: Level | null;
  readonly available: Level | null;
};

type Series = {
  readonly kind: ResourceMetric;
  readonly outside: boolean;
  readonly attributes: string;
  readonly points: Point[];
};

/** `metrics` are one service's; later points of a second win. */
export function resourceStats(metrics: readonly MetricBucket[], windows: Windows): ResourceStats {
  // Null: a series that says nothing here; its meaning is looked up once.
  const byInstance = new Map<string, Map<string, Series | null>>();
  for (const { atMs, instance, metric, attributes, value } of metrics) {
    if (atMs >= windows.dataEndMs || !Number.isFinite(value)) continue;
    const known = child(byInstance, instance, () => new Map<string, Series | null>());
    const key = attributes === '' ? metric : `${metric}\n${attributes}`;
    child(known, key, () => newSeries(metric, attributes))?.points.push({ atMs, value });
  }
  const all = [...byInstance].map(([instance, known]) => ({
    instance,
    series: [...known.values()].filter((series) => series !== null),
  }));
  for (const { series } of all) {
    for (const { points } of series) points.sort((a, b) => a.atMs - b.atMs);
  }
  all.sort((a, b) => (a.instance < b.instance ? -1 : 1));
  const ofService = all.flatMap(({ series }) => series);
  const instances = all.map(({ instance, series }) => instanceResources(instance, series, windows));
  return {
    stepMs: Math.max(secondMs, ...instances.map((one) => one.stepMs)),
    instances,
    disk: worst(disks(ofService, windows)),
    desired: level(summed(ofService, 'replicas-desired'), windows),
    available: level(summed(ofService, 'replicas-available'), windows),
  };
}

function newSeries(metric: string, attributes: string): Series | null {
  const kind = resourceMetric(metric, attributes);
  return kind === null ? null : { kind, outside: isReportedFromOutside(metric), attributes, points: [] };
}

function instanceResources(instance: string, series: readonly Series[], windows: Windows): InstanceResources {
  const seen = (outside: boolean) =>
    newest(series.filter((one) => one.outside === outside)) ?? Number.NEGATIVE_INFINITY;
  return {
    instance,
    cpu: level(summed(series, 'cpu'), windows),
    memory: memory(series, windows),
    pools: pools(series, windows),
    restartsMs: series
      .filter(({ kind }) => kind === 'restarts')
      .flatMap(({ points }) => increases(points))
      .sort((a, b) => a - b),
    restartsSeenMs: newest(series.filter(({ kind }) => kind === 'restarts')),
    running: summed(series, 'running').at(-1)?.value ?? null,
    outsideSeenMs: seen(true),
    stepMs: slowest(series),
    outsideStepMs: slowest(series.filter(({ outside }) => outside)),
    ownSeenMs: seen(false),
    lastHeard: lastHeard(series),
  };
}

/** Several kinds, because they may be read at moments of their own; the newest of each, because what had its name may be gone. */
const shortages: readonly (readonly ResourceMetric[])[] = [
  ['cpu'],
  ['memory-usage', 'memory-share'],
  ['disk-usage', 'disk-share'],
  ['pool-used', 'pool-pending'],
];

function lastHeard(series: readonly Series[]): readonly LastHeard[] {
  return shortages.flatMap((kinds) => {
    const newest = series
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ points }) => points)
      .reduce<readonly Point[]>((best, one) => (timeOfLast(one) > timeOfLast(best) ? one : best), []);
    const [before, last] = [newest.at(-2), newest.at(-1)];
    if (last === undefined) return [];
    const only = before === undefined ? null : last.atMs - before.atMs;
    return [{ atMs: last.atMs, stepMs: newest.length > fewPoints ? paceOfPoints(newest) : only }];
  });
}

/** Up to here the distance of the last two is all there is. */
const fewPoints = 3;

function timeOfLast(points: readonly Point[]): number {
  return points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
}

function newest(series: readonly Series[]): number | null {
  return series.length === 0 ? null : Math.max(...series.map(({ points }) => timeOfLast(points)));
}

function slowest(series: readonly Series[]): number {
  return Math.max(secondMs, ...series.map(({ points }) => paceOfPoints(points)));
}

function memory(series: readonly Series[], windows: Windows): Limited | null {
  const share = limited(summed(series, 'memory-share'), 1, windows);
  if (share !== null) return share;
  const limit = summed(series, 'memory-limit').at(-1)?.value ?? Number.NaN;
  // Several names may report the same memory; the largest is the one a limit is about.
  const usages = series.filter(({ kind }) => kind === 'memory-usage');
  return worst(usages.flatMap(({ points }) => limited(points, limit, windows) ?? []));
}

function disks(series: readonly Series[], windows: Windows): readonly Limited[] {
  const limits = series.filter(({ kind }) => kind === 'disk-limit');
  return series.flatMap(({ kind, attributes, points }) => {
    if (kind === 'disk-share') return limited(points, 1, windows) ?? [];
    if (kind !== 'disk-usage') return [];
    const same = limits.find((limit) => limit.attributes === attributes) ?? limits[0];
    return limited(points, same?.points.at(-1)?.value ?? Number.NaN, windows) ?? [];
  });
}

function pools(series: readonly Series[], windows: Windows): readonly PoolStats[] {
  const maxima = series.filter(({ kind }) => kind === 'pool-max');
  const names = [...new Set(maxima.map(({ attributes }) => poolOf(attributes)))];
  return names.sort().flatMap((pool) => {
    const of = (kind: ResourceMetric) =>
      level(
        summed(
          series.filter(({ attributes }) => poolOf(attributes) === pool),
          kind,
        ),
        windows,
      );
    const used = of('pool-used');
    const max = of('pool-max');
    const pending = of('pool-pending');
    if (used === null || max === null) return [];
    return {
      used: used.now,
      max: max.now,
      maxBefore: max.before,
      pending: pending?.now ?? Number.NaN,
      pendingBefore: pending?.before ?? Number.NaN,
    };
  });
}

/** Series of one kind added up per second (CPU by mode, connections by state). */
function summed(series: readonly Series[], kind: ResourceMetric): readonly Point[] {
  const mine = series.filter((one) => one.kind === kind);
  const only = mine[0];
  if (mine.length <= 1) return only?.points ?? [];
  const bySecond = new Map<number, number>();
  for (const { points } of mine) {
    for (const { atMs, value } of points) {
      const second = Math.floor(atMs / 1000) * 1000;
      bySecond.set(second, (bySecond.get(second) ?? 0) + value);
    }
  }
  return [...bySecond].map(([atMs, value]) => ({ atMs, value })).sort((a, b) => a.atMs - b.atMs);
}

function level(all: readonly Point[], common: Windows): Level | null {
  if (all.length === 0) return null;
  const windows = windowsAtPace(common, all);
  const points = onGrid(all, windows.stepMs);
  const during = points.filter(({ atMs }) => inside(atMs, windows.during));
  const recent = during.filter(({ atMs }) => inside(atMs, windows.recent));
  const now = recent.length > 0 ? recent : during.length > 0 ? during.slice(-3) : points.slice(-1);
  return {
    before: median(points.filter(({ atMs }) => inside(atMs, windows.before)).map(({ value }) => value)),
    now: median(now.map(({ value }) => value)),
  };
}

/** So that a sample that was taken a moment early or late is in the stretch it belongs to. */
function onGrid(points: readonly Point[], stepMs: number): readonly Point[] {
  const lastMs = points.at(-1)?.atMs ?? 0;
  if (stepMs < coarseFromMs) return points;
  return points.map(({ atMs, value }) => ({
    atMs: lastMs - Math.round((lastMs - atMs) / stepMs) * stepMs,
    value,
  }));
}

function limited(points: readonly Point[], limit: number, windows: Windows): Limited | null {
  const found = level(points, windows);
  const last = points.at(-1);
  if (found === null || last === undefined) return null;
  const fall = lastFall(points, thresholds.trend.resetFall);
  const fellFrom =
    fall === null || fall.atMs < windowsAtPace(windows, points).before.toMs ? null : fall.from / limit;
  return {
    ...found,
    now: last.value,
    limit,
    share: last.value / limit,
    trend: risingTrend(points),
    fellFrom,
  };
}

function worst(found: readonly Limited[]): Limited | null {
  const rank = (one: Limited) => (Number.isFinite(one.share) ? one.share : 0) + (one.trend === null ? 0 : 1);
  return found.reduce<Limited | null>(
    (best, one) => (best === null || rank(one) > rank(best) ? one : best),
    null,
  );
}

/** Works for counters kept as running totals and for those kept as increments per second. */
function increases(points: readonly Point[]): readonly number[] {
  return points.flatMap(({ atMs, value }, index) => {
    const before = points[index - 1];
    const times = before === undefined ? 0 : Math.round(Math.max(0, value - before.value));
    return Array.from({ length: Math.min(times, 20) }, () => atMs);
  });
}

function child<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const fresh = make();
  map.set(key, fresh);
  return fresh;
}
