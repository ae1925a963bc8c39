import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histogramIncrease, histogramQuantile } from '../../../../domain/detection/aggregate/histograms.ts';

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
