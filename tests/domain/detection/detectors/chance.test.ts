import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chanceOfFailures, chanceOfSoFew, logGamma } from '../../../../domain/detection/detectors/chance.ts';

describe('logGamma', () => {
  it('is the logarithm of the factorial', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n += 1) {
      factorial *= n;
      expect(logGamma(n + 1)).toBeCloseTo(Math.log(factorial), 8);
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 10);
  });
});

describe('the chance of so many failures', () => {
  it('is the Poisson test when much is known of the past', () => {
    // 1 expected in 100 calls; P(X ≥ 5) of a Poisson with mean 1 is 0.003660.
    expect(chanceOfFailures(5, 100, 1e6, 1e8)).toBeCloseTo(0.00366, 4);
  });

  it('is more careful when little is known', () => {
    expect(chanceOfFailures(5, 100, 1, 100)).toBeGreaterThan(5 * chanceOfFailures(5, 100, 1_000, 100_000));
  });

  it('is a probability, and falls with every further failure', () => {
    const past = fc.record({
      failures: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
      calls: fc.double({ min: 1, max: 1e7, noNaN: true }),
    });
    fc.assert(
      fc.property(
        past,
        fc.integer({ min: 1, max: 1e5 }),
        fc.integer({ min: 1, max: 500 }),
        ({ failures, calls }, now, seen) => {
          const chance = chanceOfFailures(seen, now, failures, calls);
          expect(chance).toBeGreaterThanOrEqual(0);
          expect(chance).toBeLessThanOrEqual(1);
          expect(chanceOfFailures(seen + 1, now, failures, calls)).toBeLessThanOrEqual(chance + 1e-9);
        },
      ),
    );
  });

  it('of so few is that of a Poisson count', () => {
    expect(chanceOfSoFew(0, 5)).toBeCloseTo(Math.exp(-5), 10);
    expect(chanceOfSoFew(2, 1)).toBeCloseTo(0.9197, 4);
    expect(chanceOfSoFew(0, 0)).toBe(1);
  });
});
