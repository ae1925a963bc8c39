import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterIncrease } from '../../../../domain/detection/aggregate/counters.ts';

const cumulative = (atMs: number, value: number, startMs = 0) =>
  ({ atMs, startMs, value, temporality: 'cumulative' }) as const;

describe('the increase of a counter', () => {
  it('is the difference of two cumulative points', () => {
    expect(counterIncrease(cumulative(1_000, 10), cumulative(3_000, 16))).toEqual({
      increase: 6,
      elapsedMs: 2_000,
    });
  });

  it('cannot be told from one cumulative point', () => {
    expect(counterIncrease(undefined, cumulative(1_000, 10))).toBeNull();
  });

  it('counts from zero after a restart, seen by a new start or a smaller value', () => {
    expect(counterIncrease(cumulative(1_000, 10), cumulative(4_000, 12, 3_000))).toEqual({
      increase: 12,
      elapsedMs: 1_000,
    });
    expect(counterIncrease(cumulative(1_000, 10), cumulative(4_000, 3))).toEqual({
      increase: 3,
      elapsedMs: 3_000,
    });
  });

  it('is the value itself of a delta point, since its start or the point before', () => {
    const delta = { atMs: 2_000, startMs: 1_000, value: 5, temporality: 'delta' } as const;
    expect(counterIncrease(undefined, delta)).toEqual({ increase: 5, elapsedMs: 1_000 });
    expect(counterIncrease({ atMs: 500, startMs: 0, value: 1 }, { ...delta, startMs: 0 })).toEqual({
      increase: 5,
      elapsedMs: 1_500,
    });
  });

  it('is never negative and never without elapsed time', () => {
    const point = fc.record({
      atMs: fc.nat(100_000),
      startMs: fc.nat(100_000),
      value: fc.double({ min: -10, max: 1e9, noNaN: true }),
      temporality: fc.constantFrom('delta' as const, 'cumulative' as const),
    });
    fc.assert(
      fc.property(fc.option(point, { nil: undefined }), point, (previous, next) => {
        const result = counterIncrease(previous, next);
        if (result === null) return;
        expect(result.increase).toBeGreaterThanOrEqual(0);
        expect(result.elapsedMs).toBeGreaterThan(0);
      }),
    );
  });
});
