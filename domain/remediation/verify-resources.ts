// Whether a resource of a service is back to normal: CPU, memory, disk, pools, restarts, replicas. Always the service's
// present instances: the one that showed the symptom may have been replaced.

import type { Anomaly } from '../detection/anomaly.ts';
import { isMetricRowOf, parseSeriesKey } from '../detection/series.ts';
import { signalOf } from '../detection/signals.ts';
import { secondMs } from '../diagnosis/paces.ts';
import { type Limited, type ResourceStats, resourceStats } from '../diagnosis/resource-stats.ts';
import { clamp, median } from '../diagnosis/statistics.ts';
import { thresholds } from '../diagnosis/thresholds.ts';
import { inside, type Window } from '../diagnosis/windows.ts';
import { servingReplicas } from '../inventory/availability.ts';
import type { ObservedState } from '../inventory/target.ts';
import type { MetricBucket } from '../telemetry.ts';
import { frozenNormal } from './verify-baseline.ts';
import type { VerificationConfig } from './verify-config.ts';
import {
  type FreshWindow,
  freshFrom,
  freshSeconds,
  intervalOf,
  type Judged,
  newestWindow,
  paceNote,
  pastOf,
  samplesIn,
  type VerificationTimes,
} from './verify-windows.ts';

export type ResourceQuestion = {
  readonly anomaly: Anomaly;
  /** Metric rows of the service. */
  readonly rows: readonly MetricBucket[];
  readonly target: ObservedState | null;
  readonly times: VerificationTimes;
  readonly config: VerificationConfig;
  /** Demand now over before, at least 1: more work may need more CPU. */
  readonly demand: number;
};

/** A climb is told from a level within this long. */
const trendMs = 60_000;
/** Samples below which a level that may be climbing again cannot be told from a steady one. */
const trendSamples = thresholds.trend.minPoints;

/** Judges one resource symptom; null for signals that are not a resource's. */
export function judgeResource(question: ResourceQuestion): Judged | null {
  const { anomaly, target, times, config, rows } = question;
  const base = { seriesKey: anomaly.seriesKey, what: `${anomaly.signal} of ${anomaly.scope.service}` };
  // Only what says something of the resource is a sample of it.
  const speaking = rows.filter(({ metric }) => speaksOf(anomaly.signal, metric));
  const intervalMs = intervalOf(speaking);
  const window = newestWindow(speaking, times, config);
  const silent = {
    ...base,
    before: anomaly.expected,
    during: anomaly.seen,
    after: 0,
    ok: null,
    samples: 0,
    freshSeconds: 0,
    intervalMs,
    ...paceNote(intervalMs, config),
  };
  if (anomaly.signal === 'availability' && target !== null)
    return { ...silent, ...replicasOf(target, times, config) };
  if (window === null) return isResource(anomaly.signal) ? silent : null;
  const past = statsWithin(rows, pastOf(times, intervalMs));
  const worst = statsWithin(rows, times.during);
  const now = statsWithin(rows, window);
  const sinceEffect = {
    fromMs: Math.max(window.freshFromMs, window.toMs - Math.max(trendMs, 10 * intervalMs)),
    toMs: window.toMs,
  };
  const fresh = statsWithin(rows, sinceEffect);
  const found = compare(anomaly.signal, { past, worst, now, fresh, anomaly, question, window });
  if (found === null) return isResource(anomaly.signal) ? silent : null;
  const samples = samplesIn(speaking, window);
  const climbs = anomaly.signal === 'memory' || anomaly.signal === 'disk';
  const since = samplesIn(speaking, sinceEffect);
  const enough =
    samples >= config.minSamples &&
    (found.ok === false || !climbs || times.look > 0 || since >= trendSamples);
  return {
    ...silent,
    ...found,
    ok: enough ? found.ok : null,
    samples,
    freshSeconds: freshSeconds(window),
  };
}

/** Whether a metric is a sample of the resource. Restarts are also seen where the process runs or not. */
function speaksOf(signal: Anomaly['signal'], metric: string): boolean {
  const of = signalOf(metric).signal;
  return of === signal || (signal === 'restarts' && of === 'availability');
}

/**
 * How many times its frozen level the symptom's own series was in the past that history holds; 1 where that is not known.
 * More than a swing means that the past holds the fault: its levels are taken back by so much.
 */
function tainted({ anomaly, rows, times }: ResourceQuestion, intervalMs: number): number {
  const normal = frozenNormal(anomaly);
  const ref = parseSeriesKey(anomaly.seriesKey);
  if (normal === null || ref === null) return 1;
  const past = pastOf(times, intervalMs);
  const own = rows.filter((row) => inside(row.atMs, past) && isMetricRowOf(ref, row));
  const factor = median(own.map(({ value }) => value)) / normal.level;
  return factor > 1.2 ? factor : 1;
}

type Levels = {
  readonly before: number;
  readonly during: number;
  readonly after: number;
  readonly ok: boolean | null;
};

type Comparison = {
  readonly past: ResourceStats;
  readonly worst: ResourceStats;
  readonly now: ResourceStats;
  /** Everything since the effect, long enough to see a climb. */
  readonly fresh: ResourceStats;
  readonly anomaly: Anomaly;
  readonly question: ResourceQuestion;
  readonly window: FreshWindow;
};

function isResource(signal: Anomaly['signal']): boolean {
  return ['cpu', 'memory', 'disk', 'pool', 'restarts', 'availability'].includes(signal);
}

function compare(signal: Anomaly['signal'], comparison: Comparison): Levels | null {
  const { past, worst, now, fresh, anomaly, question, window } = comparison;
  const factor = tainted(question, window.intervalMs);
  switch (signal) {
    case 'cpu': {
      const of = (stats: ResourceStats) => largest(stats.instances.map(({ cpu }) => cpu?.now));
      const known = of(past);
      const before = known === null ? anomaly.expected : known / factor;
      const [during, after] = [of(worst) ?? anomaly.seen, of(now)];
      if (after === null) return null;
      return { before, during, after, ok: after <= Math.max(before * 1.5 * question.demand, before + 0.15) };
    }
    case 'memory':
      return exhaustion(
        past.instances.map(({ memory }) => memory),
        worst.instances.map(({ memory }) => memory),
        now.instances.map(({ memory }) => memory),
        fresh.instances.map(({ memory }) => memory),
        factor,
      );
    case 'disk':
      return exhaustion([past.disk], [worst.disk], [now.disk], [fresh.disk], factor);
    case 'pool': {
      const of = (stats: ResourceStats) =>
        largest(
          stats.instances.flatMap(({ pools }) => pools.map(({ used, max }) => used / Math.max(1, max))),
        );
      const waiting = largest(now.instances.flatMap(({ pools }) => pools.map(({ pending }) => pending))) ?? 0;
      const usual = largest(past.instances.flatMap(({ pools }) => pools.map(({ pending }) => pending))) ?? 0;
      const after = of(now);
      if (after === null) return null;
      const before = (of(past) ?? 0) / factor;
      return {
        before,
        during: of(worst) ?? 1,
        after,
        ok: waiting <= usual + 0.5 && (after < 0.98 || before >= 0.98),
      };
    }
    case 'restarts':
      return restarts(comparison);
    case 'availability': {
      const missing = (stats: ResourceStats) =>
        stats.desired === null || stats.available === null
          ? null
          : Math.max(0, stats.desired.now - stats.available.now);
      const running = now.instances.flatMap(({ running: gauge }) => gauge ?? []);
      const after =
        missing(now) ?? (running.length === 0 ? null : running.filter((gauge) => gauge === 0).length);
      return after === null
        ? null
        : { before: missing(past) ?? 0, during: missing(worst) ?? 1, after, ok: after === 0 };
    }
    default:
      return null;
  }
}

/** Well below where it was, and not climbing there again at the old pace. */
function exhaustion(
  past: readonly (Limited | null)[],
  worst: readonly (Limited | null)[],
  now: readonly (Limited | null)[],
  fresh: readonly (Limited | null)[],
  factor: number,
): Levels | null {
  const before = (level(past) ?? 0) / factor;
  const after = level(now);
  if (after === null) return null;
  const during = Math.max(level(worst) ?? 0, before);
  const low = after <= Math.max(before * 1.25, during * 0.6);
  const pace = (of: readonly (Limited | null)[]) =>
    Math.max(0, ...of.map((one) => one?.trend?.risePerSecond ?? 0));
  const oldPace = pace(worst);
  const climbing = oldPace > 0 && pace(fresh) > oldPace * 0.4 && after > before * 1.1;
  return { before, during, after, ok: low && !climbing };
}

/** Quiet for clearly longer than the restarts were apart. */
function restarts({ worst, now, question, window }: Comparison): Levels {
  const { freshFromMs } = window;
  const during = worst.instances.flatMap(({ restartsMs }) => restartsMs).sort((a, b) => a - b);
  const gaps = during.slice(1).map((atMs, index) => atMs - (during[index] ?? atMs));
  const typicalMs = median(gaps.filter((gap) => gap > 0));
  const quietMs = clamp((Number.isFinite(typicalMs) ? typicalMs : 4_000) * 2.2, 8_000, 60_000);
  const since = statsWithin(question.rows, { fromMs: freshFromMs, toMs: window.toMs });
  const again = since.instances.flatMap(({ restartsMs }) => restartsMs);
  const down = now.instances.some(({ running }) => running === 0);
  const lastMs = Math.max(freshFromMs, ...again);
  const quiet = window.toMs - lastMs >= quietMs;
  const figures = { before: 0, during: during.length, after: again.length };
  if (down || (again.length > 0 && !quiet)) return { ...figures, ok: false };
  return { ...figures, ok: quiet ? true : null };
}

function replicasOf(
  target: ObservedState,
  times: VerificationTimes,
  config: VerificationConfig,
): Partial<Judged> {
  // Where none are wanted none serve: that is no recovery.
  const wanted = Math.max(1, target.desiredReplicas);
  const missing = Math.max(0, wanted - servingReplicas(target, 'draining'));
  const seconds = Math.max(0, (times.nowMs - freshFrom(times, 1_000, config)) / 1000);
  if (seconds === 0) return {};
  return {
    before: 0,
    during: Math.max(1, missing),
    after: missing,
    ok: missing === 0,
    samples: 1,
    freshSeconds: seconds,
  };
}

function statsWithin(rows: readonly MetricBucket[], window: Window): ResourceStats {
  const mine = rows.filter(({ atMs }) => atMs >= window.fromMs && atMs < window.toMs);
  return resourceStats(mine, {
    before: { fromMs: window.fromMs, toMs: window.fromMs },
    early: window,
    during: window,
    recent: window,
    tail: window,
    dataEndMs: window.toMs,
    gapUntilMs: Number.NEGATIVE_INFINITY,
    stepMs: secondMs,
    onsetMs: window.fromMs,
    batchMs: 0,
    fixed: true,
  });
}

/** Share of the limit where it is known, else the plain level; the worst of all. */
function level(all: readonly (Limited | null)[]): number | null {
  return largest(all.map((one) => (one === null ? null : Number.isFinite(one.share) ? one.share : one.now)));
}

function largest(values: readonly (number | null | undefined)[]): number | null {
  const known = values.filter((value) => value !== null && value !== undefined && Number.isFinite(value));
  return known.length === 0 ? null : Math.max(...(known as number[]));
}
