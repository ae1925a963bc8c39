import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  histogramIncrease,
  histogramQuantile,
  together,
} from '../../../../domain/detection/aggregate/histograms.ts';

const bounds = [10, 20, 50];
const point = (atMs: number, bucketCounts: number[], startMs = 0) => ({
  atMs,
  startMs,
  temporality: 'cumulative' as const,
  count: bucketCounts.reduce((sum, value) => sum + value, 0),
  sum: 0,
  bounds,
  bucketCounts,
});

describe('what a histogram recorded since its last point', () => {
  it('is the difference of the buckets', () => {
    expect(histogramIncrease(point(1_000, [1, 2, 0, 0]), point(2_000, [1, 5, 1, 0]))).toEqual({
      count: 4,
      elapsedMs: 1_000,
      bounds,
      bucketCounts: [0, 3, 1, 0],
    });
  });

  it('is everything after a restart, and unknown after new bounds or at first sight', () => {
    expect(histogramIncrease(point(1_000, [5, 5, 0, 0]), point(2_000, [1, 0, 0, 0]))?.count).toBe(1);
    expect(histogramIncrease(undefined, point(2_000, [1, 0, 0, 0]))).toBeNull();
    const other = { ...point(2_000, [9, 9, 9, 9]), bounds: [5, 20, 30] };
    expect(histogramIncrease(point(1_000, [1, 0, 0, 0]), other)).toBeNull();
  });

  it('is everything since the new start, also when there is more by then than before', () => {
    const before = point(10_000, [5, 5, 0, 0], 1_000);
    expect(histogramIncrease(before, point(20_000, [9, 9, 9, 0], 12_000))).toMatchObject({
      count: 27,
      elapsedMs: 8_000,
    });
    expect(histogramIncrease(before, point(20_000, [9, 9, 9, 0], 10_000))).toMatchObject({
      count: 27,
      elapsedMs: 10_000,
    });
    expect(histogramIncrease(before, point(20_000, [9, 9, 9, 0], 20_000))).toBeNull();
    // A start that is not exact.
    expect(histogramIncrease(before, point(20_000, [9, 9, 9, 0], 1_003))?.count).toBe(17);
  });

  it('is everything when a bucket has lost something, whatever the total says', () => {
    expect(histogramIncrease(point(1_000, [5, 5, 0, 0]), point(2_000, [1, 2, 9, 0]))).toMatchObject({
      count: 12,
      elapsedMs: 1_000,
      bucketCounts: [1, 2, 9, 0],
    });
  });

  it('is the point itself when it is a delta', () => {
    const delta = { ...point(2_000, [1, 2, 0, 0], 1_500), temporality: 'delta' as const };
    expect(histogramIncrease(undefined, delta)).toMatchObject({ count: 3, elapsedMs: 500 });
    expect(histogramIncrease(point(1_000, [9, 9, 9, 9]), { ...delta, startMs: 0 })).toMatchObject({
      count: 3,
      elapsedMs: 1_000,
    });
  });

  it('is known while an exponential histogram widens, and when it coarsens to fit', () => {
    const fine = { ...point(1_000, [1, 0, 2, 3, 0]), bounds: [0, 2, 4, 8] };
    const wider = { ...point(2_000, [1, 0, 5, 2, 4, 1, 0]), bounds: [0, 1, 2, 4, 8, 16] };
    expect(histogramIncrease(fine, wider)?.bucketCounts).toEqual([0, 0, 5, 0, 1, 1, 0]);
    const coarser = { ...point(2_000, [1, 0, 4, 7, 0]), bounds: [0, 1, 4, 16] };
    expect(histogramIncrease(fine, coarser)?.bucketCounts).toEqual([0, 0, 2, 4, 0]);
  });
});

describe('a quantile of a histogram', () => {
  it('is interpolated inside its bucket, and is the last bound in the overflow bucket', () => {
    expect(histogramQuantile(0.5, { bounds, bucketCounts: [0, 10, 0, 0] })).toBe(15);
    expect(histogramQuantile(0.5, { bounds, bucketCounts: [10, 0, 0, 0] })).toBe(5);
    expect(histogramQuantile(0.95, { bounds, bucketCounts: [0, 0, 0, 7] })).toBe(50);
    expect(histogramQuantile(0.5, { bounds, bucketCounts: [0, 0, 0, 0] })).toBeNull();
    expect(histogramQuantile(0.5, { bounds: [], bucketCounts: [3] })).toBeNull();
  });

  it('grows with the share and stays inside the bounds', () => {
    const counts = fc.array(fc.nat(100), { minLength: 4, maxLength: 4 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, share, share, (bucketCounts, a, b) => {
        const low = histogramQuantile(Math.min(a, b), { bounds, bucketCounts });
        const high = histogramQuantile(Math.max(a, b), { bounds, bucketCounts });
        if (low === null || high === null) return;
        expect(low).toBeLessThanOrEqual(high + 1e-9);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(50);
      }),
    );
  });
});

describe('two histograms together', () => {
  it('of the same bounds add up', () => {
    expect(together({ bounds, bucketCounts: [1, 0, 2, 0] }, { bounds, bucketCounts: [0, 4, 1, 1] })).toEqual({
      bounds,
      bucketCounts: [1, 4, 3, 1],
    });
  });

  it('of two scales have the bounds that cut nothing of either', () => {
    // Scale 1 and scale 0; the fine one reaches further, where the coarse one is empty.
    const fine = { bounds: [0, 1, Math.SQRT2, 2, 2 * Math.SQRT2, 4], bucketCounts: [0, 0, 1, 2, 3, 4, 0] };
    const coarse = { bounds: [0, 1, 2], bucketCounts: [5, 0, 6, 0] };
    expect(together(fine, coarse)).toEqual({
      bounds: [0, 1, 2, 2 * Math.SQRT2, 4],
      bucketCounts: [5, 0, 9, 3, 4, 0],
    });
    expect(together(coarse, fine)).toEqual(together(fine, coarse));
  });

  it('lose nothing, and put nothing where neither had it', () => {
    const some = fc
      .tuple(
        fc.uniqueArray(fc.integer({ min: -5, max: 5 }), { maxLength: 6 }),
        fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }),
      )
      .map(([given, counts]) => {
        const edges = [...given].sort((a, b) => a - b);
        return { bounds: edges, bucketCounts: counts.slice(0, edges.length + 1) };
      });
    const below = (
      { bounds: edges, bucketCounts }: { bounds: readonly number[]; bucketCounts: readonly number[] },
      bound: number,
    ) => bucketCounts.slice(0, edges.indexOf(bound) + 1).reduce((sum, count) => sum + count, 0);
    fc.assert(
      fc.property(some, some, (one, other) => {
        const both = together(one, other);
        const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
        expect(total(both.bucketCounts)).toBe(total(one.bucketCounts) + total(other.bucketCounts));
        for (const bound of both.bounds)
          if (one.bounds.includes(bound) && other.bounds.includes(bound))
            expect(below(both, bound)).toBe(below(one, bound) + below(other, bound));
      }),
    );
  });
});
