// What call buckets say of one series (a service's server side, one instance, one edge) before, during and now.

import type { CallBucket } from '../telemetry.ts';
import { secondMs } from './paces.ts';
import { chanceOfAtLeast, spread, type Weighted, weightedMedian } from './statistics.ts';
import { thresholds } from './thresholds.ts';
import { inside, lengthSeconds, type Window, type Windows } from './windows.ts';

export type Aggregate = {
  readonly requests: number;
  readonly errors: number;
  readonly ownErrors: number;
  /** Seconds with calls, or as many as an interval is worth. */
  readonly buckets: number;
  readonly ratePerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly selfMs: number;
};

/** One figure before and now, and whether it rose beyond chance; `recently` looks at the last seconds only. */
export type Rise = {
  readonly before: number;
  readonly now: number;
  readonly up: boolean;
  readonly recently: boolean;
  /** It rose, and the newest data show that it is over; false when they cannot show it. */
  readonly gone: boolean;
};

export type CallStats = {
  readonly before: Aggregate;
  readonly early: Aggregate;
  readonly during: Aggregate;
  readonly recent: Aggregate;
  readonly tail: Aggregate;
  readonly errors: Rise;
  readonly ownErrors: Rise;
  /** Of p50 or p95, whichever rose more. */
  readonly latency: Rise;
  readonly selfTime: Rise;
  readonly lastSeenMs: number;
  /** In which all of this was looked at. */
  readonly windows: Windows;
};

export type Baseline = {
  readonly aggregate: Aggregate;
  readonly spreadP50Ms: number;
  readonly spreadP95Ms: number;
  readonly spreadSelfMs: number;
};

export function baselineOf(buckets: readonly CallBucket[], window: Window): Baseline {
  const mine = buckets.filter(({ atMs, count }) => count > 0 && inside(atMs, window));
  return {
    aggregate: aggregate(mine, window),
    spreadP50Ms: spread(mine.map((bucket) => bucket.latencyP50Ms)),
    spreadP95Ms: spread(mine.map((bucket) => bucket.latencyP95Ms)),
    spreadSelfMs: spread(mine.map((bucket) => bucket.selfTimeP50Ms)),
  };
}

/** `baseline` is the series' own past, or its service's when the series is too young to have one. */
export function callStats(
  buckets: readonly CallBucket[],
  windows: Windows,
  baseline = baselineOf(buckets, windows.before),
): CallStats {
  const early = aggregate(buckets, windows.early);
  const during = aggregate(buckets, windows.during);
  const recent = aggregate(buckets, windows.recent);
  const tail = aggregate(buckets, windows.tail);
  const before = baseline.aggregate;
  const parts = { before, early, during, recent, tail };
  const p50 = latencyRise(parts, baseline.spreadP50Ms, (part) => part.p50Ms);
  const p95 = latencyRise(parts, baseline.spreadP95Ms, (part) => part.p95Ms);
  const p50Leads = (p50.up && !p95.up) || (p50.up === p95.up && p50.now / p50.before > p95.now / p95.before);
  return {
    ...parts,
    errors: ratioRise(parts, (part) => part.errors),
    ownErrors: ratioRise(parts, (part) => part.ownErrors),
    latency: p50Leads ? p50 : p95,
    selfTime: latencyRise(parts, baseline.spreadSelfMs, (part) => part.selfMs),
    lastSeenMs: buckets.reduce(
      (last, { atMs, count }) => (count > 0 && atMs < windows.dataEndMs ? Math.max(last, atMs) : last),
      Number.NEGATIVE_INFINITY,
    ),
    windows,
  };
}

export function aggregate(buckets: readonly CallBucket[], window: Window): Aggregate {
  let requests = 0;
  let errors = 0;
  let ownErrors = 0;
  let heard = 0;
  const p50: Weighted[] = [];
  const p95: Weighted[] = [];
  const self: Weighted[] = [];
  for (const bucket of buckets) {
    if (!(bucket.count > 0) || !inside(bucket.atMs, window)) continue;
    requests += bucket.count;
    errors += bucket.errors;
    ownErrors += bucket.ownErrors;
    heard += worthOf(bucket);
    p50.push({ value: bucket.latencyP50Ms, weight: bucket.count });
    p95.push({ value: bucket.latencyP95Ms, weight: bucket.count });
    self.push({ value: bucket.selfTimeP50Ms, weight: bucket.count });
  }
  return {
    requests,
    errors,
    ownErrors,
    buckets: heard,
    ratePerSecond: requests / lengthSeconds(window),
    p50Ms: weightedMedian(p50),
    p95Ms: weightedMedian(p95),
    selfMs: weightedMedian(self),
  };
}

/** What was counted over several seconds is no chance of one of them. */
function worthOf({ intervalMs = secondMs }: CallBucket): number {
  return Math.min(thresholds.latency.minBuckets, Math.max(1, Math.floor(intervalMs / secondMs)));
}

export function ratio(errors: number, requests: number): number {
  return requests === 0 ? 0 : errors / requests;
}

type Parts = Pick<CallStats, 'before' | 'early' | 'during' | 'recent' | 'tail'>;

function ratioRise({ before, early, during, recent, tail }: Parts, count: (part: Aggregate) => number): Rise {
  const base = ratio(count(before), before.requests);
  const rose = (part: Aggregate) => ratioRose(base, before.requests, count(part), part.requests);
  const worst = Math.max(...[early, during, recent].map((part) => ratio(count(part), part.requests)));
  const recently = rose(recent);
  const up = recently || rose(during) || rose(early);
  const over = (part: Aggregate, needed: number) => {
    const expected = worst * part.requests;
    return expected >= needed && count(part) <= expected * thresholds.gone.share;
  };
  const { expectedInTail, expectedRecently } = thresholds.gone;
  const gone = up && (over(tail, expectedInTail) || (!recently && over(recent, expectedRecently)));
  return { before: base, now: worst, up, recently, gone };
}

/** Whether `errors` of `requests` is more than the former ratio makes likely. */
export function ratioRose(base: number, baseRequests: number, errors: number, requests: number): boolean {
  const { minRise, minErrors, maxChance } = thresholds.errors;
  if (requests === 0 || errors < minErrors) return false;
  const now = errors / requests;
  // A past without errors is not proof of none: one more error than was seen is allowed for.
  const prior = Math.max(base, 1 / (baseRequests + 20));
  return now - base >= minRise && chanceOfAtLeast(errors, prior * requests) < maxChance;
}

function latencyRise(
  { before, early, during, recent, tail }: Parts,
  baseSpread: number,
  figure: (part: Aggregate) => number,
): Rise {
  const base = figure(before);
  const rose = (part: Aggregate) =>
    part.buckets >= thresholds.latency.minBuckets && latencyRose(base, baseSpread, figure(part));
  const figures = [figure(early), figure(during), figure(recent)].filter(Number.isFinite);
  const recently = rose(recent);
  const up = recently || rose(during) || rose(early);
  const over = (part: Aggregate) => part.buckets >= thresholds.latency.minBuckets && !rose(part);
  return { before: base, now: Math.max(...figures, 0), up, recently, gone: up && over(tail) };
}

/** NaN (no past) is never a rise. */
export function latencyRose(base: number, baseSpread: number, now: number): boolean {
  const { minFactor, minRiseMs, minDeviations } = thresholds.latency;
  return now >= base * minFactor && now - base >= Math.max(minRiseMs, minDeviations * baseSpread);
}
