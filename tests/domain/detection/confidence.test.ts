/** Confidence from a table: between its points in proportion, never falling, and what anomalies carry. */
import { expect, test } from 'vitest';
import { calibrationTables } from '../../../domain/detection/calibration.ts';
import { calibrated } from '../../../domain/detection/confidence.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../domain/detection/engine.ts';

test('between two points in proportion, beyond them as at the ends', () => {
  const table = [
    [10, 0.2],
    [20, 0.6],
  ] as const;
  expect([0, 10, 15, 20, 1_000].map((score) => calibrated(table, score))).toEqual([
    0.2,
    0.2,
    expect.closeTo(0.4),
    0.6,
    0.6,
  ]);
});

test.each(Object.entries(calibrationTables))(
  'the table of %s never falls, and is certain of nothing',
  (_, table) => {
    const scores = table.map(([score]) => score);
    const confidences = table.map(([, confidence]) => confidence);
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(confidences).toEqual(confidences.toSorted((a, b) => a - b));
    expect(Math.min(...confidences)).toBeGreaterThan(0);
    expect(Math.max(...confidences)).toBeLessThan(0.95);
  },
);

test.each([
  ['unusual', [{ metric: 'orders' }]],
  ['robust-z', []],
] as const)('an anomaly of %s has the confidence of its score', (detector, rules) => {
  const engine = createDetectionEngine(detectionConfigSchema.parse({ rules }));
  const scope = { environment: 'prod', service: 'shop' };
  const found = Array.from({ length: 400 }, (_, index) => {
    const atMs = 1_700_000_000_000 + index * 60_000;
    const value = index < 380 ? 100 + (index % 7) : 400;
    const point = { kind: 'gauge', scope, metric: 'orders', unit: '1', attributes: {}, atMs, value } as const;
    return engine.observe([point], atMs).anomalies;
  }).flat();
  const [anomaly] = found.filter((one) => one.detector === detector);
  expect(anomaly?.confidence).toBe(calibrated(calibrationTables[detector], anomaly?.score ?? 0));
});
