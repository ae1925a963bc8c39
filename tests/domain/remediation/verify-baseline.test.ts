// A symptom is measured against what was normal when it was found, whatever history holds.

import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../../domain/detection/series.ts';
import { frozenNormal } from '../../../domain/remediation/verify-baseline.ts';
import { askAt, calls, effectSecond, gauges, onsetMs, outcomes, report, symptom } from './verify-series.ts';

const always = [-190, 100] as const;
const baseline = (level: number, spread = 0, samples = 5_000) => ({ level, spread, samples, atMs: onsetMs });

describe('history that holds the fault', () => {
  const failing = calls('shop', always, { errors: 6 });
  const slow = calls('shop', always, { latencyP50Ms: 300, latencyP95Ms: 600 });

  it.each([
    ['errors', symptom('shop', 'errors', { baseline: baseline(0.001) }), failing],
    [
      'errors of which only the expectation is known',
      symptom('shop', 'errors', { expected: 0.001 }),
      failing,
    ],
    [
      'latency',
      symptom('shop', 'latency', { baseline: baseline(20, 2), metric: 'calls.server.latency-p50' }),
      slow,
    ],
    [
      'latency of which only the expectation is known',
      symptom('shop', 'latency', { expected: 20, metric: 'calls.server.latency-p50' }),
      slow,
    ],
  ])('excuses no %s', (_, anomaly, rows) => {
    expect(outcomes({ anomalies: [anomaly], calls: rows })).not.toContain('recovered');
    expect(askAt(40, { anomalies: [anomaly], calls: rows })).toMatchObject({
      outcome: 'not-recovered',
      settled: true,
    });
  });

  it('excuses no fallen rate', () => {
    const rows = calls('shop', always, { count: 2 });
    const fallen = symptom('shop', 'traffic', { direction: 'down', baseline: baseline(1_000, 30, 64) });
    expect(outcomes({ anomalies: [fallen], calls: rows })).not.toContain('recovered');
  });

  it.each([
    ['cpu', 'process.cpu.utilization', 0.2, 0.95],
    ['memory', 'container.memory.utilization', 0.3, 0.9],
    ['disk', 'system.filesystem.utilization', 0.3, 0.95],
  ] as const)('excuses no %s', (signal, metric, usual, full) => {
    const key = seriesKey({
      kind: 'metric',
      environment: 'test',
      service: 'shop',
      instance: 'shop-0',
      metric,
      attributes: '',
    });
    const anomaly = symptom('shop', signal, {
      ...{
        detector: 'threshold',
        metric,
        seriesKey: key,
        seen: full,
        expected: usual,
        baseline: baseline(usual, 0, 60),
      },
    });
    const before = calls('shop', always, {});
    const asked = { anomalies: [anomaly], calls: before, metrics: gauges('shop', always, metric, full) };
    expect(outcomes(asked)).not.toContain('recovered');
    const cured = gauges('shop', always, metric, (second) => (second < effectSecond ? full : usual));
    expect(askAt(40, { ...asked, metrics: cured }).outcome).toBe('recovered');
  });

  it('lends no spread to what is only expected', () => {
    const rows = calls('shop', always, (second) => ({
      latencyP50Ms: second < effectSecond ? (second % 2 === 0 ? 20 : 600) : 60,
    }));
    const slow = symptom('shop', 'latency', { expected: 20, metric: 'calls.server.latency-p50' });
    expect(outcomes({ anomalies: [slow], calls: rows })).not.toContain('recovered');
  });

  it('does not stand in the way of a real recovery', () => {
    const anomaly = symptom('shop', 'errors', { baseline: baseline(0.001) });
    const rows = calls('shop', always, (second) => ({ errors: second < effectSecond ? 6 : 0 }));
    expect(askAt(30, { anomalies: [anomaly], calls: rows }).outcome).toBe('recovered');
  });
});

it('of two findings of one series the stricter counts: the later one has learnt from the earlier episode', () => {
  const rows = calls('shop', always, { errors: 6 });
  const [first, second] = [
    symptom('shop', 'errors', { id: 'a', state: 'cleared', baseline: baseline(0.001) }),
    symptom('shop', 'errors', { id: 'b', onsetMs: onsetMs + 10_000, baseline: baseline(0.3), seen: 0.9 }),
  ];
  for (const anomalies of [
    [first, second],
    [second, first],
  ])
    expect(outcomes({ anomalies, calls: rows })).not.toContain('recovered');
});

it('failing as much as ever is not well, when that is what was found', () => {
  const rows = calls('shop', always, { errors: 12 });
  const anomaly = symptom('shop', 'errors', { expected: 0.6, seen: 0.6, baseline: baseline(0.6) });
  expect(outcomes({ anomalies: [anomaly], calls: rows })).not.toContain('recovered');
});

it('an edge that still fails is not hidden by another one of the same service', () => {
  const edge = (peer: string, errors: number) =>
    calls('shop', always, (second) => ({ side: 'client', peer, errors: second < 0 ? 0 : errors }));
  const of = (peer: string) =>
    symptom('shop', 'errors', {
      id: peer,
      scope: { environment: 'test', service: 'shop' },
      seriesKey: seriesKey({
        kind: 'calls',
        environment: 'test',
        service: 'shop',
        side: 'client',
        peer,
        measure: 'errors',
      }),
      baseline: baseline(0),
    });
  const rows = [...edge('bank', 0), ...edge('stock', 8)];
  expect(outcomes({ anomalies: [of('bank'), of('stock')], calls: rows })).not.toContain('recovered');
});

it("an alert's old beginning does not move the past that is compared with", () => {
  const old = report('firing', {
    severity: 'warning',
    onsetMs: onsetMs - 3 * 86_400_000,
    detectedMs: onsetMs,
  });
  const anomaly = symptom('shop', 'errors', { baseline: baseline(0.001) });
  // Users see the entry fail: no finding of its own, so that only its past says what is normal.
  const entry = calls('web', always, (second) => ({ errors: second < 0 ? 0 : 8 }));
  const rows = [
    ...calls('shop', always, (second) => ({ errors: second >= 0 && second < effectSecond ? 8 : 0 })),
    ...entry,
  ];
  const more = { edges: [{ caller: 'web', callee: 'shop' }], onsetMs: old.onsetMs };
  expect(outcomes({ anomalies: [anomaly, old], calls: rows, more })).not.toContain('recovered');
});

it('alerts from outside have no normal of ours', () => {
  expect(frozenNormal(symptom('shop', 'errors', { detector: 'external', expected: 0 }))).toBeNull();
  expect(frozenNormal(symptom('shop', 'latency', { expected: 0 }))).toBeNull();
  expect(
    frozenNormal(symptom('shop', 'errors', { baseline: baseline(Number.NaN), expected: 0.1 })),
  ).toMatchObject({
    level: 0.1,
    samples: null,
  });
});
