// From histogram points to what happened since the point before: count, and quantiles interpolated inside their bucket.
// Source: Prometheus histogram_quantile (linear interpolation; the overflow bucket answers its lower bound).

import type { HistogramPoint } from '../../observation.ts';
import { startedAgain } from './counters.ts';

/** `bucketCounts` has one entry more than `bounds`: the overflow bucket. */
export type Buckets = { readonly bounds: readonly number[]; readonly bucketCounts: readonly number[] };

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
  const { atMs, startMs } = point;
  const anew = (fromMs: number) => ({ count, elapsedMs: atMs - fromMs, bounds, bucketCounts });
  if (startedAgain(previous, point)) return startMs < atMs ? anew(startMs) : null;
  if (count < previous.count) return anew(previous.atMs);
  const before = inBuckets(previous, bounds);
  if (before === null) return null;
  const since = bucketCounts.map((value, index) => value - (before[index] ?? 0));
  // A bucket never loses anything: as many records again, or more, came after a reset.
  if (since.some((value) => value < 0)) return anew(previous.atMs);
  return { count: count - previous.count, elapsedMs: atMs - previous.atMs, bounds, bucketCounts: since };
}

/** The value below which the share `q` (0..1) of the records lies; null without records or buckets. */
export function histogramQuantile(q: number, { bounds, bucketCounts }: Buckets): number | null {
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

/** How many records are above a value: of its own bucket a part, and all beyond the last bound. */
export function histogramAbove(value: number, { bounds, bucketCounts }: Buckets): number {
  let above = 0;
  for (const [index, inBucket] of bucketCounts.entries()) {
    const upper = bounds[index];
    const lower = bounds[index - 1] ?? Math.min(0, upper ?? 0);
    if (upper === undefined || lower >= value) above += inBucket;
    else if (upper > value) above += (inBucket * (upper - value)) / (upper - lower);
  }
  return above;
}

/** Both together, in the finest buckets that cut none of theirs that holds something. */
export function together(one: Buckets, other: Buckets): Buckets {
  const bounds = isSame(one.bounds, other.bounds) ? one.bounds : commonBounds(one, other);
  const [counts, others] = [inBuckets(one, bounds) ?? [], inBuckets(other, bounds) ?? []];
  return { bounds, bucketCounts: counts.map((count, index) => count + (others[index] ?? 0)) };
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return (
    one === other || (one.length === other.length && one.every((bound, index) => bound === other[index]))
  );
}

function commonBounds(one: Buckets, other: Buckets): readonly number[] {
  const all = [...new Set([...one.bounds, ...other.bounds])].sort((a, b) => a - b);
  const [isEdge, isEdgeOfOther] = [edgesOf(one), edgesOf(other)];
  // Both look at every bound, in order.
  return all.filter((bound) => [isEdge(bound), isEdgeOfOther(bound)].every(Boolean));
}

/** Of ascending values: whether one is a bound, or in a bucket that is empty. */
function edgesOf({ bounds, bucketCounts }: Buckets): (value: number) => boolean {
  let index = 0;
  return (value) => {
    while (index < bounds.length && (bounds[index] ?? value) < value) index += 1;
    return bounds[index] === value || (bucketCounts[index] ?? 0) === 0;
  };
}

/**
 * The counts of `previous` in the buckets between `bounds`; null when one of its buckets that holds something is cut by a
 * bound. Exponential histograms widen and coarsen while they grow, and their bounds stay a subset.
 */
function inBuckets(previous: Buckets, bounds: readonly number[]): readonly number[] | null {
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
