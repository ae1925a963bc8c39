import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencySample } from '../../../../domain/detection/aggregate/latency-sample.ts';
import { UsualWorst } from '../../../../domain/detection/aggregate/recent.ts';

describe('quantiles of a second of calls', () => {
  it('are exact for ordinary numbers of calls', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000), { minLength: 1, maxLength: 500 }), (values) => {
        const sample = new LatencySample();
        for (const value of values) sample.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        expect(sample.quantiles(0.5, 0.95)).toEqual([
          sorted[Math.ceil(0.5 * sorted.length) - 1],
          sorted[Math.ceil(0.95 * sorted.length) - 1],
        ]);
      }),
    );
  });

  it('stay close for very many calls, in bounded memory', () => {
    const sample = new LatencySample();
    for (let value = 0; value < 100_000; value += 1) sample.add(value % 1_000);
    const [p50 = 0, p95 = 0] = sample.quantiles(0.5, 0.95);
    expect(Math.abs(p50 - 500)).toBeLessThan(60);
    expect(Math.abs(p95 - 950)).toBeLessThan(40);
    expect(JSON.stringify(sample).length).toBeLessThan(5_000);
  });

  it('are zero without calls', () => {
    expect(new LatencySample().quantiles(0.5)).toEqual([0]);
  });
});

describe('the usual worst of recent values', () => {
  it('forgets one outlier, but trusts the largest of the first few', () => {
    const few = new UsualWorst();
    for (const value of [0, 10]) few.add(value);
    expect(few.value(0)).toBe(10);
    const many = new UsualWorst();
    for (const value of [1, 2, 1, 500, 2, 1]) many.add(value);
    expect(many.value(0)).toBe(2);
    expect(new UsualWorst().value(7)).toBe(7);
  });
});
