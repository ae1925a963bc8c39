// Histogram points with explicit bounds, from either kind of OTLP histogram.

import { child, list, type Node, number, numbers } from './fields.ts';

export type HistogramBuckets = {
  readonly count: number;
  /** Upper bounds, ascending; `bucketCounts` has one entry more (the overflow bucket). */
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
};

/** Null when the bounds do not ascend or the counts do not fit them or the total. */
export function explicitBuckets(point: Node, maxBuckets: number): HistogramBuckets | null {
  const count = number(point, 'count');
  const bounds = numbers(point, 'explicitBounds');
  const given = numbers(point, 'bucketCounts');
  // A histogram without buckets (count and sum only) is one overflow bucket.
  if (given.length === 0) return checkedBuckets(count, [], [count], maxBuckets);
  const finite = withoutInfiniteBounds(bounds, given);
  return checkedBuckets(count, finite.bounds, finite.bucketCounts, maxBuckets);
}

/**
 * Some senders spell out the bound of the overflow bucket (+Inf), or of what lies below everything (-Inf). With a bucket
 * beyond it, that bucket is empty: both are one.
 */
function withoutInfiniteBounds(
  bounds: readonly number[],
  bucketCounts: readonly number[],
): { bounds: readonly number[]; bucketCounts: readonly number[] } {
  let counts = bucketCounts;
  let finite = bounds;
  if (finite.at(-1) === Number.POSITIVE_INFINITY) {
    const beyond = counts.length > finite.length ? (counts.at(-1) ?? 0) : 0;
    counts = counts.slice(0, finite.length);
    counts = [...counts.slice(0, -1), (counts.at(-1) ?? 0) + beyond];
    finite = finite.slice(0, -1);
  }
  if (finite[0] === Number.NEGATIVE_INFINITY) {
    counts = [(counts[0] ?? 0) + (counts[1] ?? 0), ...counts.slice(2)];
    finite = finite.slice(1);
  }
  return { bounds: finite, bucketCounts: counts };
}

/**
 * Base-2 exponential buckets to explicit bounds: bucket `i` of scale `s` covers (2^(i·2^-s), 2^((i+1)·2^-s)], or the same below
 * zero; what is at most `zeroThreshold` away from zero has a bucket of its own.
 * Source: OpenTelemetry metrics data model, "ExponentialHistogram".
 */
export function exponentialBuckets(point: Node, maxBuckets: number): HistogramBuckets | null {
  const width = 2 ** -number(point, 'scale');
  const boundOf = (index: number): number => 2 ** (index * width);
  const threshold = number(point, 'zeroThreshold');
  const positive = side(point, 'positive');
  const negative = side(point, 'negative');
  if (positive.counts.length + negative.counts.length > maxBuckets || !(threshold >= 0)) return null;
  if (isBeyondNumbers(positive, boundOf) || isBeyondNumbers(negative, boundOf)) return null;

  const filled = new FilledBuckets();
  if (negative.counts.length > 0) {
    filled.upTo(-boundOf(negative.offset + negative.counts.length), 0);
    for (let index = negative.counts.length - 1; index >= 0; index -= 1)
      filled.upTo(-boundOf(negative.offset + index), negative.counts[index] ?? 0);
    filled.upTo(-(threshold || Number.MIN_VALUE), 0);
  }
  filled.upTo(threshold, number(point, 'zeroCount'));
  if (positive.counts.length > 0) filled.upTo(boundOf(positive.offset), 0);
  for (const [index, count] of positive.counts.entries())
    filled.upTo(boundOf(positive.offset + index + 1), count);
  const { bounds, overflow } = filled;
  // Three bounds more than buckets: both ends, and around zero.
  return checkedBuckets(number(point, 'count'), bounds, [...filled.bucketCounts, overflow], maxBuckets + 5);
}

type Side = { readonly offset: number; readonly counts: readonly number[] };

/** Whether a bucket holds something where no number of 64 bits is. */
function isBeyondNumbers({ offset, counts }: Side, boundOf: (index: number) => number): boolean {
  return counts.some((count, index) => count > 0 && boundOf(offset + index) === Number.POSITIVE_INFINITY);
}

/** Buckets from the lowest to the highest. Bounds that fall together, as numbers or by the threshold, are one. */
class FilledBuckets {
  readonly bounds: number[] = [];
  readonly bucketCounts: number[] = [];
  overflow = 0;

  upTo(bound: number, count: number): void {
    const last = this.bounds.length - 1;
    if (bound === Number.POSITIVE_INFINITY) this.overflow += count;
    else if (last >= 0 && bound <= (this.bounds[last] ?? bound))
      this.bucketCounts[last] = (this.bucketCounts[last] ?? 0) + count;
    else if (bound !== Number.NEGATIVE_INFINITY) {
      this.bounds.push(bound);
      this.bucketCounts.push(count);
    }
  }
}

function side(point: Node, key: string): Side {
  const buckets = child(point, key);
  if (buckets === null || list(buckets, 'bucketCounts').length === 0) return { offset: 0, counts: [] };
  return { offset: number(buckets, 'offset'), counts: numbers(buckets, 'bucketCounts') };
}

/** Null when the bounds do not ascend, or the counts do not fit them, the total or `maxBuckets`. */
export function checkedBuckets(
  count: number,
  bounds: readonly number[],
  bucketCounts: readonly number[],
  maxBuckets: number,
): HistogramBuckets | null {
  if (bucketCounts.length !== bounds.length + 1 || bucketCounts.length > maxBuckets) return null;
  let total = 0;
  for (const entry of bucketCounts) {
    if (!(entry >= 0 && Number.isFinite(entry))) return null;
    total += entry;
  }
  // Past 2^53 neither is exact.
  const slack = count > Number.MAX_SAFE_INTEGER ? count * 1e-9 : 0;
  if (!Number.isFinite(count) || Math.abs(total - count) > slack) return null;
  // Written so that NaN fails too.
  const ascending = bounds.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > (bounds[index - 1] ?? bound)),
  );
  return ascending ? { count, bounds, bucketCounts } : null;
}
