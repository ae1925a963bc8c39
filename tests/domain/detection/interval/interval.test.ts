/** A service that sends metrics and no spans is judged at the interval at which it sends, be it a second or an hour. */
import { describe, expect, test } from 'vitest';
import { type Fault, play } from './metrics-only.ts';

/** Each fault with what tells of it, and after how many intervals at the latest: the first samples may be half ordinary. */
const faults = [
  ['errors', 'errors', 1],
  ['slow', 'latency', 3],
  ['surge', 'traffic', 4],
  ['outage', 'traffic', 5],
  ['silence', 'absence', 2],
  ['cpu', 'cpu', 4],
  ['full-memory', 'memory', 4],
  ['leak', 'memory', 8],
] as const;

describe.each([10, 15, 60, 300, 3_600])('every %i s', (intervalS) => {
  const lengths = { ordinary: 60, faulty: 20, after: 15 };

  test.each(faults)(
    '%s: seen as %s within %i intervals, and over when it is over',
    (fault: Fault, signal, most) => {
      for (const seed of [1, 2]) {
        const { symptoms, early, cleared } = play({ intervalS, fault, seed, ...lengths });
        expect(early).toEqual([]);
        expect([...new Set(symptoms.map((symptom) => symptom.signal))]).toEqual([signal]);
        expect((symptoms[0]?.afterS ?? Number.POSITIVE_INFINITY) / intervalS).toBeLessThanOrEqual(most);
        expect(cleared).toBe(symptoms.length);
      }
    },
  );

  test.each([30, 3, 0.3])('%f requests a second without a fault are no symptom', (perSecond) => {
    const days = play({ intervalS, fault: 'none', seed: 3, ordinary: 0, faulty: 0, after: 400, perSecond });
    expect(days.symptoms).toEqual([]);
  });

  test('reports that come a little early or late, or that are lost, are no symptom and hide none', () => {
    const disturbed = { intervalS, seed: 4, ordinary: 60, faulty: 20, after: 15, jitter: 0.04, lostEvery: 7 };
    expect(play({ ...disturbed, fault: 'none', after: 200 }).symptoms).toEqual([]);
    for (const fault of ['errors', 'slow', 'outage', 'surge'] as const) {
      const { symptoms, early } = play({ ...disturbed, fault });
      expect(early).toEqual([]);
      expect(symptoms).toHaveLength(1);
    }
  });

  test('after a restart what is usual is known from history', () => {
    for (const [fault, signal, most] of faults.slice(0, 4)) {
      const { symptoms, early } = play({ intervalS, fault, seed: 5, ...lengths, restarts: true });
      expect([early, symptoms.map((symptom) => symptom.signal)]).toEqual([[], [signal]]);
      expect((symptoms[0]?.afterS ?? Number.POSITIVE_INFINITY) / intervalS).toBeLessThanOrEqual(most + 1);
    }
  });
});
