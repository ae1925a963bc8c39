import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chanceOfAtLeast,
  clamp,
  fitLine,
  lastFall,
  median,
  sinceLastFall,
  spread,
  weightedMedian,
} from '../../../domain/diagnosis/statistics.ts';

const line = (values: readonly number[]) => values.map((value, index) => ({ atMs: index * 1000, value }));

describe('level and spread', () => {
  it('are not moved by outliers', () => {
    expect(median([1, 2, 3, 4, 1_000])).toBe(3);
    expect(median([4, 1])).toBe(2.5);
    expect(spread([10, 10, 10, 9_999])).toBe(0);
    expect(median([])).toBeNaN();
  });

  it('weighs values', () => {
    expect(
      weightedMedian([
        { value: 1, weight: 10 },
        { value: 9, weight: 1 },
        { value: 8, weight: 2 },
      ]),
    ).toBe(1);
    expect(weightedMedian([])).toBeNaN();
  });

  it('a median has half of the values on either side', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e15, max: 1e15, noNaN: true }), { minLength: 1 }), (values) => {
        const middle = median(values);
        expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

describe('lines', () => {
  it('are fitted with how well they fit', () => {
    expect(fitLine(line([1, 3, 5, 7]))).toMatchObject({ slopePerSecond: 2, rise: 6, points: 4 });
    expect(fitLine(line([1, 3, 5, 7])).r2).toBeCloseTo(1);
    expect(fitLine(line([5, 5, 5, 5])).r2).toBe(0);
    expect(fitLine(line([1, 2])).r2).toBe(0);
  });

  it('begin anew after a fall', () => {
    const points = line([10, 20, 30, 5, 6]);
    expect(lastFall(points, 0.3)).toEqual({ index: 3, atMs: 3000, from: 30 });
    expect(sinceLastFall(points, 0.3).map(({ value }) => value)).toEqual([5, 6]);
    expect(sinceLastFall(line([10, 9, 8]), 0.3)).toHaveLength(3);
  });
});

describe('chance', () => {
  it('agrees with tables of the Poisson distribution', () => {
    expect(chanceOfAtLeast(3, 0.18)).toBeCloseTo(0.00085, 5);
    expect(chanceOfAtLeast(1, 1)).toBeCloseTo(0.6321, 4);
    expect(chanceOfAtLeast(0, 5)).toBe(1);
    expect(chanceOfAtLeast(1, 0)).toBe(0);
    expect(chanceOfAtLeast(2_000, 1_000)).toBe(0);
  });

  it('falls with the count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (count, mean) => {
          expect(chanceOfAtLeast(count + 1, mean)).toBeLessThanOrEqual(chanceOfAtLeast(count, mean));
        },
      ),
    );
  });

  it('clamps', () => {
    expect([clamp(-1, 0, 1), clamp(0.5, 0, 1), clamp(2, 0, 1)]).toEqual([0, 0.5, 1]);
  });
});
