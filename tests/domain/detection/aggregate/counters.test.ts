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

  it('counts from zero after a restart with the last point, though the count is higher by now', () => {
    // Data model, "Resets and gaps": a new start is a reset whatever the value says.
    expect(counterIncrease(cumulative(10_000, 5, 1_000), cumulative(20_000, 50, 10_000))).toEqual({
      increase: 50,
      elapsedMs: 10_000,
    });
  });

  it('cannot be told from the point of no duration that begins a stream anew', () => {
    // Data model, "Cumulative streams: handling unknown start time": start and time are the same.
    const unknown = cumulative(20_000, 30, 20_000);
    expect(counterIncrease(cumulative(10_000, 500, 1_000), unknown)).toBeNull();
    expect(counterIncrease(unknown, cumulative(30_000, 34, 20_000))).toEqual({
      increase: 4,
      elapsedMs: 10_000,
    });
  });

  it('goes on when the start moves a little and the count does not fall: that is a clock, no reset', () => {
    expect(counterIncrease(cumulative(10_000, 500, 1_000), cumulative(20_000, 510, 1_004))).toEqual({
      increase: 10,
      elapsedMs: 10_000,
    });
  });

  it('is what was counted after a gap, over all of it', () => {
    expect(counterIncrease(cumulative(10_000, 5, 1_000), cumulative(70_000, 65, 1_000))).toEqual({
      increase: 60,
      elapsedMs: 60_000,
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
