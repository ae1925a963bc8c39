// An action that helped in part: the errors are gone, and the queue that they left behind still drains.

import { expect, it } from 'vitest';
import type { CallBucket } from '../../../domain/telemetry.ts';
import { askAt, calls, effectSecond, onsetMs, symptom } from './verify-series.ts';

const always = [-190, 240] as const;
const usual = { atMs: onsetMs, spread: 1, samples: 5_000 };
const errors = symptom('shop', 'errors', { baseline: { ...usual, level: 0.001, spread: 0 } });
const latency = symptom('shop', 'latency', { detector: 'latency', baseline: { ...usual, level: 20 } });
const broken = { errors: 8, latencyP50Ms: 1_000, latencyP95Ms: 1_200 };
const draining = { latencyP50Ms: 700, latencyP95Ms: 900 };

const shop = (after: (second: number) => Partial<CallBucket>): CallBucket[] =>
  calls('shop', always, (second) =>
    second < 0 ? {} : second < effectSecond ? broken : after(second - effectSecond),
  );
const askedAt = (second: number, after: (second: number) => Partial<CallBucket>) =>
  askAt(second, { anomalies: [errors, latency], calls: shop(after) });

it('waits for what lingers, and tells that it has gone', () => {
  const drained = (second: number) => (second < 40 ? draining : {});
  expect(askedAt(35, drained)).toMatchObject({ outcome: 'not-recovered', settled: false });
  const outcomes = Array.from({ length: 90 }, (_, second) => askedAt(second, drained));
  const settled = outcomes.find((one) => one.settled);
  expect(settled).toMatchObject({ outcome: 'recovered' });
});

it('waits for nothing where no symptom has gone', () => {
  expect(askedAt(35, () => broken)).toMatchObject({ outcome: 'not-recovered', settled: true });
});

it('waits for nothing where what is left is no slowness', () => {
  expect(askedAt(35, () => ({ latencyP50Ms: 20, latencyP95Ms: 40, errors: 8 }))).toMatchObject({
    outcome: 'not-recovered',
    settled: true,
  });
});
