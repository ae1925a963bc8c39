/** Which anomalies an incident keeps, and what they say together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  clearAnomaly,
  keepAnomaly,
  maxKeptAnomalies,
  maxSeenAnomalies,
  notKept,
  symptomsGone,
  wasSeen,
} from '../../../domain/incident/anomalies.ts';
import { anomaly } from '../../support/incident-examples.ts';

type Kept = Parameters<typeof keepAnomaly>[0];

const some = fc.record({
  id: fc.integer({ min: 0, max: 500 }).map(String),
  severity: fc.constantFrom('info' as const, 'warning' as const, 'critical' as const),
  signal: fc.constantFrom('errors' as const, 'cpu' as const),
  state: fc.constantFrom('firing' as const, 'cleared' as const),
});

test('the number is bounded, and a critical one that fires is never dropped for a lesser one', () => {
  fc.assert(
    fc.property(fc.array(some, { maxLength: 300 }), (seen) => {
      let kept: Kept = {};
      for (const { id, ...rest } of seen) kept = keepAnomaly(kept, anomaly(id, rest));
      const all = Object.values(kept);
      expect(all.length).toBeLessThanOrEqual(maxKeptAnomalies);
      const gravest = (one: { severity: string; state: string; signal: string }) =>
        one.severity === 'critical' && one.state === 'firing' && one.signal === 'errors';
      const latest = new Map(seen.map((one) => [one.id, one]));
      const expected = [...latest.values()].filter(gravest).length;
      if (expected <= maxKeptAnomalies && latest.size === seen.length) {
        expect(all.filter(gravest)).toHaveLength(expected);
      }
    }),
  );
});

test('the symptom is gone when everything that matters has cleared, and was there', () => {
  const errors = anomaly('errors');
  const hint = anomaly('hint', { signal: 'cpu', severity: 'info' });
  const both: Kept = { errors, hint };
  expect(symptomsGone({ anomalies: {} })).toBe(false);
  expect(symptomsGone({ anomalies: both })).toBe(false);
  expect(symptomsGone({ anomalies: clearAnomaly(both, 'hint', 1) })).toBe(false);
  expect(symptomsGone({ anomalies: clearAnomaly(both, 'errors', 1) })).toBe(true);
  expect(symptomsGone({ anomalies: clearAnomaly({ hint }, 'hint', 1) })).toBe(true);
});

test('clearing what is not known changes nothing', () => {
  const kept: Kept = { a: anomaly('a') };
  expect(clearAnomaly(kept, 'b', 1)).toBe(kept);
});

test('what was seen and is not kept is known all the same, as far back as anything is recorded', () => {
  const ids = Array.from({ length: maxSeenAnomalies + maxKeptAnomalies }, (_, index) => `a-${index}`);
  type Seen = Parameters<typeof wasSeen>[0];
  const observed = (before: Seen, id: string): Seen => {
    const anomalies = keepAnomaly(before.anomalies, anomaly(id));
    return { ...before, anomalies, ...notKept(before, anomaly(id), anomalies) };
  };
  let state: Seen = { anomalies: {} };
  for (const id of ids.slice(0, maxKeptAnomalies)) state = observed(state, id);
  expect(state.notKept).toBeUndefined();
  for (const id of ids.slice(maxKeptAnomalies)) state = observed(state, id);
  expect(Object.keys(state.anomalies)).toHaveLength(maxKeptAnomalies);
  expect(ids.filter((id) => wasSeen(state, id))).toEqual(ids);
  expect(wasSeen(state, 'another')).toBe(false);
  expect(observed(state, 'one-more').notKept).toHaveLength(maxSeenAnomalies);
});
