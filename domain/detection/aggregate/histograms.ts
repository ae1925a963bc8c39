// From histogram points to what happened since the point before: count, and quantiles interpolated inside their bucket.
// Source: Prometheus histogram_quantile (linear interpolation; the overflow bucket answers its lower bound).

import type { HistogramPoint } from '../../observation.ts';

export type HistogramState = {
  atMs: number;
  startMs: number;
  count: number;
  bounds: readonly number[];
  bucketCounts: readonly number[];
};

export type HistogramIncrease = {
  readonly count: number;
  readonly elapsedMs: number;
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
};

type Point = Pick<
  HistogramPoint,
  'atMs' | 'startMs' | 'temporality' | 'count' | 'sum' | 'bounds' | 'bucketCounts'
>;

/** What was recorded since the previous point; null when that cannot be told (first point, unlike bounds). */
export function histogramIncrease(
  previous: HistogramState | undefined,
  point: Point,
): HistogramIncrease | null {
  const { bounds, bucketCounts, count } = point;
  if (point.temporality === 'delta') {
    const fromMs = point.startMs > 0 && point.startMs < point.atMs ? point.startMs : previous?.atMs;
    if (fromMs === undefined || fromMs >= point.atMs) return null;
    return { count, elapsedMs: point.atMs - fromMs, bounds, bucketCounts };
  }
  if (previous === undefined || point.atMs <= previous.atMs) return null;
  const elapsedMs = point.atMs - previous.atMs;
  const restarted = point.startMs > previous.atMs || count < previous.count;
  if (restarted) return { count, elapsedMs, bounds, bucketCounts };
  const before = inBuckets(previous, bounds);
  if (before === null) return null;
  const since = bucketCounts.map((value, index) => value - (before[index] ?? 0));
  if (since.some((value) => value < 0)) return null;
  return { count: count - previous.count, elapsedMs, bounds, bucketCounts: since };
}

/** The value below which the share `q` (0..1) of the records lies; null without records or buckets. */
export function histogramQuantile(
  q: number,
  { bounds, bucketCounts }: Pick<HistogramIncrease, 'bounds' | 'bucketCounts'>,
): number | null {
  const total = bucketCounts.reduce((sum, value) => sum + value, 0);
  if (total <= 0 || bounds.length === 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [index, inBucket] of bucketCounts.entries()) {
    if (inBucket > 0 && below + inBucket >= rank) {
      const upper = bounds[index];
      const lower = bounds[index - 1] ?? Math.min(0, upper ?? 0);
      if (upper === undefined) return lower;
      return lower + (upper - lower) * Math.max(0, (rank - below) / inBucket);
    }
    below += inBucket;
  }
  return bounds.at(-1) ?? null;
}

/**
 * The counts of `previous` in the buckets between `bounds`; null when one of its buckets that holds something is cut by a
 * bound. Exponential histograms widen and coarsen while they grow, and their bounds stay a subset.
 */
function inBuckets(previous: HistogramState, bounds: readonly number[]): readonly number[] | null {
  const counts: number[] = [];
  let index = 0;
  let below = 0;
  let taken = 0;
  for (const bound of bounds) {
    while (index < previous.bounds.length && (previous.bounds[index] ?? bound) <= bound) {
      below += previous.bucketCounts[index] ?? 0;
      index += 1;
    }
    if (previous.bounds[index - 1] !== bound && (previous.bucketCounts[index] ?? 0) > 0) return null;
    counts.push(below - taken);
    taken = below;
  }
  const total = previous.bucketCounts.reduce((sum, value) => sum + value, 0);
  return [...counts, total - taken];
}
