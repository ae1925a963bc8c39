// Native histograms, of whole numbers and of fractions, to explicit bounds. Bucket `i` of schema `s` holds what lies in
// (2^((i-1)·2^-s), 2^(i·2^-s)]; of schema -53 the bounds are given. Source: prometheus.io/docs/specs/native_histograms.

import type { HistogramBuckets } from '../../otlp/histogram.ts';
import type { NativeHistogram, Side } from './request.ts';

const leastSchema = -4;
const mostSchema = 8;
const customSchema = -53;

type Bucket = { readonly lower: number; readonly upper: number; readonly count: number };

/** Null when its parts do not fit together, or are more than `maxBuckets`. */
export function nativeBuckets(histogram: NativeHistogram, maxBuckets: number): HistogramBuckets | null {
  const { schema, zeroThreshold, zeroCount, customValues } = histogram;
  const isCustom = schema === customSchema;
  if (!isCustom && !(schema >= leastSchema && schema <= mostSchema)) return null;
  const positive = indexed(histogram.positive, maxBuckets);
  const negative = indexed(histogram.negative, maxBuckets);
  if (positive === null || negative === null || (isCustom && negative.length > 0)) return null;
  if (!(zeroCount >= 0 && zeroThreshold >= 0)) return null;
  const boundOf = (index: number): number =>
    isCustom ? (customValues[index] ?? Number.POSITIVE_INFINITY) : 2 ** (index * 2 ** -schema);
  const rising = (index: number): { lower: number; upper: number } =>
    isCustom
      ? { lower: index === 0 ? Number.NEGATIVE_INFINITY : boundOf(index - 1), upper: boundOf(index) }
      : { lower: boundOf(index - 1), upper: boundOf(index) };
  const buckets: Bucket[] = [
    ...negative
      .map(({ index, count }) => {
        const { lower, upper } = rising(index);
        return { lower: -upper, upper: -lower, count };
      })
      .toReversed(),
    ...(isCustom ? [] : [zeroBucket(negative.length > 0, zeroThreshold, zeroCount)]),
    ...positive.map(({ index, count }) => ({ ...rising(index), count })),
  ];
  return joined(buckets, maxBuckets);
}

/** Without anything below zero nothing lies below it. */
function zeroBucket(hasNegative: boolean, threshold: number, count: number): Bucket {
  return { lower: hasNegative ? 0 - threshold : Number.NEGATIVE_INFINITY, upper: threshold, count };
}

/** Counts with their index; null when the spans are not those of the counts. */
function indexed(
  { spans, deltas, counts }: Side,
  maxBuckets: number,
): readonly { readonly index: number; readonly count: number }[] | null {
  const given = counts.length > 0 ? counts : deltas;
  const length = spans.reduce((sum, span) => sum + span.length, 0);
  if (length !== given.length || length > maxBuckets) return null;
  const buckets: { index: number; count: number }[] = [];
  let index = 0;
  let count = 0;
  for (const span of spans) {
    index += span.offset;
    for (let at = 0; at < span.length; at += 1) {
      const next = given[buckets.length] ?? 0;
      count = counts.length > 0 ? next : count + next;
      if (!(count >= 0 && Number.isFinite(count))) return null;
      buckets.push({ index, count });
      index += 1;
    }
  }
  return buckets;
}

/** Ascending buckets with gaps between them as bounds without any. Overlaps, of the zero bucket with its neighbours, count above. */
function joined(buckets: readonly Bucket[], maxBuckets: number): HistogramBuckets | null {
  const bounds: number[] = [];
  const bucketCounts: number[] = [];
  let overflow = 0;
  let reached = Number.NEGATIVE_INFINITY;
  const upTo = (bound: number, count: number): void => {
    bounds.push(bound);
    bucketCounts.push(count);
    reached = bound;
  };
  for (const { lower, upper, count } of buckets) {
    if (lower > reached && Number.isFinite(lower)) upTo(lower, 0);
    if (!Number.isFinite(upper)) overflow += count;
    else if (upper > reached) upTo(upper, count);
    else bucketCounts.push((bucketCounts.pop() ?? 0) + count);
  }
  bucketCounts.push(overflow);
  // A gap beside each bucket at most.
  if (bounds.length > 2 * maxBuckets + 2) return null;
  return { count: bucketCounts.reduce((sum, count) => sum + count, 0), bounds, bucketCounts };
}
