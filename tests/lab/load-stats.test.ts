import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadRecorder, quantile } from '../../lab/load/stats.ts';
import { nextArrivalMs, seededRandom } from '../../lab/support/random.ts';

describe('the load generator’s truth', () => {
  it('counts a request in the second it was sent, and as pending until it is answered', () => {
    const recorder = new LoadRecorder();
    recorder.sent(1_200)(true, 100);
    recorder.sent(1_900)(false, 300);
    recorder.sent(2_000);
    const all = recorder.between(0, 10_000);
    expect(all).toMatchObject({ sent: 3, ok: 1, failed: 1, pending: 1, successRate: 0.5, p95Ms: 300 });
    expect(all.buckets.map(({ at, sent, ok }) => [at, sent, ok])).toEqual([
      [1_000, 2, 1],
      [2_000, 1, 0],
    ]);
    expect(recorder.between(2_000, 3_000)).toMatchObject({ sent: 1, successRate: null, p95Ms: null });
  });

  it('has quantiles that are values seen, and grow with the share', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000), { minLength: 1 }), (values) => {
        const [low, high] = [quantile(values, 0.5) ?? -1, quantile(values, 0.95) ?? -1];
        expect(values).toContain(low);
        expect(values).toContain(high);
        expect(high).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it('repeats its arrivals with the same seed, at the wanted rate', () => {
    const arrivals = (seed: number) => {
      const random = seededRandom(seed);
      return Array.from({ length: 2_000 }, () => nextArrivalMs(random, 20));
    };
    expect(arrivals(3)).toEqual(arrivals(3));
    expect(arrivals(3)).not.toEqual(arrivals(4));
    const meanMs = arrivals(3).reduce((sum, ms) => sum + ms, 0) / 2_000;
    expect(meanMs).toBeGreaterThan(46);
    expect(meanMs).toBeLessThan(54);
  });
});
