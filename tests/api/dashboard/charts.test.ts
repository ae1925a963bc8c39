// What a chart is made of: the same figures as detection has, the band of what was normal, and the moments of an incident.

import { describe, expect, test } from 'vitest';
import { summaryText } from '../../../api/dashboard/charts/chart.ts';
import { expectedBand } from '../../../api/dashboard/charts/expected.ts';
import { callPoints, readPoints, stepFor, unitOf } from '../../../api/dashboard/charts/points.ts';
import { mainSeries, marksOf } from '../../../api/dashboard/incident/symptom-chart.ts';
import type { IncidentEvent, IncidentEventBody } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { CallBucket } from '../../../domain/telemetry.ts';
import { anomaly } from '../../support/incident-examples.ts';
import { createDashboardWorld } from './in-memory.ts';

const bucket = (
  atMs: number,
  instance: string,
  count: number,
  errors: number,
  latencyP95Ms = 50,
): CallBucket => ({
  ...{ atMs, service: 'orders', instance, side: 'server', peer: '', count, errors, ownErrors: errors },
  ...{ latencyP50Ms: 20, latencyP95Ms, selfTimeP50Ms: 10 },
});

describe('points of calls', () => {
  const rows = [bucket(1_000, 'a', 30, 3, 100), bucket(1_000, 'b', 10, 5, 20), bucket(3_000, 'a', 0, 0)];

  test('all instances together: a share of all calls, a latency weighed by calls, a rate per second', () => {
    expect(callPoints(rows, 'errors', 1_000)).toEqual([{ atMs: 1_000, value: 0.2 }]);
    expect(callPoints(rows, 'latency-p95', 1_000)).toEqual([{ atMs: 1_000, value: 80 }]);
    expect(callPoints(rows, 'traffic', 2_000)).toEqual([
      { atMs: 0, value: 20 },
      { atMs: 2_000, value: 0 },
    ]);
  });

  test('what was counted in an interval is a rate over that interval, whenever each instance reports', () => {
    const counted = (atMs: number, instance: string) => ({
      ...bucket(atMs, instance, 600, 60),
      intervalMs: 60_000,
    });
    const reports = [60, 120, 180, 240].flatMap((second) => [
      counted(second * 1_000, 'a'),
      counted((second - 25) * 1_000 + (second === 120 ? 400 : 0), 'b'),
    ]);
    for (const stepMs of [1_000, 7_000, 60_000]) {
      const points = callPoints(reports, 'traffic', stepMs);
      expect(points.map(({ value }) => value)).toEqual([20, 20, 20, 20]);
      expect(callPoints(reports, 'errors', stepMs).map(({ value }) => value)).toEqual([0.1, 0.1, 0.1, 0.1]);
    }
    expect(callPoints(reports, 'traffic', 90_000)[1]).toEqual({ atMs: 120_000, value: 20 });
  });

  test('a range of any length has a bounded number of steps', () => {
    expect(stepFor({ fromMs: 0, toMs: 60_000 })).toBe(1_000);
    expect(86_400_000 / stepFor({ fromMs: 0, toMs: 86_400_000 })).toBeLessThanOrEqual(600);
  });

  test.each([
    {
      kind: 'calls',
      environment: 'production',
      service: 'orders',
      side: 'server',
      peer: '',
      measure: 'errors',
    },
    {
      kind: 'metric',
      environment: 'production',
      service: 'orders',
      instance: 'i-1',
      metric: 'process.memory.usage',
      attributes: '',
    },
    { kind: 'log', environment: 'production', service: 'orders', templateId: 'cafe' },
    { kind: 'absence', environment: 'production', service: 'orders', instance: '' },
  ] as const)('$kind are read from history', async (ref) => {
    const { deps } = createDashboardWorld({} as never);
    if (deps.history === null) throw new Error('no history');
    const points = await readPoints(deps.history, ref, { fromMs: 10_000, toMs: 20_000 });
    expect(points.length).toBeGreaterThan(0);
    expect(points.map(({ atMs }) => atMs)).toEqual(points.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  });
});

describe('the expected band', () => {
  const past = (values: readonly number[]) => values.map((value, index) => ({ atMs: index * 1_000, value }));

  test('is the median of the past with its robust spread; one wild sample does not widen it', () => {
    const calm = past(Array.from({ length: 30 }, (_, index) => 100 + (index % 3)));
    const wild = calm.with(7, { atMs: 7_000, value: 10_000 });
    const band = expectedBand(wild, 60_000, null, 'ms');
    expect(band?.middle).toBe(101);
    expect(band?.high).toBeLessThan(120);
  });

  test('leaves out what is too near to the onset', () => {
    const points = past([...Array.from({ length: 20 }, () => 1), 50, 50, 50, 50, 50]);
    expect(expectedBand(points, 25_000, null, 'plain')?.middle).toBe(1);
  });

  test('without a past is around what the detector expected; without that there is none', () => {
    expect(expectedBand([], 0, 0.02, 'ratio')).toMatchObject({ middle: 0.02 });
    expect(expectedBand([], 0, null, 'ratio')).toBeNull();
    expect(expectedBand([], 0, Number.NaN, 'ratio')).toBeNull();
  });

  test.each([0, 0.5, 1])('of a share that never moved from %d is visible and within 0 and 1', (value) => {
    const band = expectedBand(past(Array.from({ length: 20 }, () => value)), 60_000, null, 'ratio');
    expect(band?.low).toBeGreaterThanOrEqual(0);
    expect(band?.high).toBeLessThanOrEqual(1);
    expect((band?.high ?? 0) - (band?.low ?? 0)).toBeGreaterThan(0);
  });
});

describe('the moments in a chart', () => {
  const timeline = (...bodies: (IncidentEventBody & { atMs: number })[]): IncidentEvent[] =>
    bodies.map((body, index) => ({ seq: index + 1, ...body }));
  const effect = { intentId: 'i', step: 0, foundByLookup: false, summary: '' } as const;
  const looked = (outcome: 'recovered' | 'not-recovered') =>
    ({
      type: 'verified',
      attempt: 1,
      result: { outcome, settled: true, reason: '', freshSamples: 1, series: [], controlImprovedToo: false },
    }) as const;

  test('are onset, detection, action, undoing, verification and end; near ones are one', () => {
    const events = timeline(
      {
        atMs: 2_000,
        type: 'incident-opened',
        scope: anomaly('a').scope,
        severity: 'info',
        title: '',
        fingerprint: '',
        episode: 1,
      },
      { atMs: 5_000, ...looked('not-recovered') },
      { atMs: 10_000, type: 'effect-applied', direction: 'forward', ...effect },
      { atMs: 20_000, ...looked('not-recovered') },
      { atMs: 25_000, type: 'effect-applied', direction: 'compensation', ...effect },
      { atMs: 30_000, type: 'effect-applied', direction: 'forward', ...effect },
      { atMs: 40_000, ...looked('recovered') },
      { atMs: 40_500, type: 'incident-closed', outcome: 'resolved', reason: '', actor: 'sentinel' },
    );
    expect(marksOf({ onsetMs: 0 }, events).map(({ atMs, label }) => `${atMs} ${label}`)).toEqual([
      ...['0 onset', '2000 detected', '10000 action', '20000 no help', '25000 undone', '30000 action'],
      '40000 verified, closed',
    ]);
  });
});

describe('the series of an incident', () => {
  const stateOf = (anomalies: IncidentState['anomalies']) => ({
    anomalies,
    scope: { environment: 'e', service: 'orders' },
  });
  const key = (service: string) => `calls/e/${service}/server//errors`;

  test('is that of its gravest symptom', () => {
    const state = stateOf({
      a: anomaly('a', { severity: 'warning', seriesKey: key('other') }),
      b: anomaly('b', { severity: 'critical', seriesKey: key('gravest') }),
    });
    expect(mainSeries(state)).toMatchObject({ key: key('gravest') });
  });

  test('of an alert from outside is the errors of its service', () => {
    expect(mainSeries(stateOf({ a: anomaly('a', { seriesKey: 'alertmanager:42' }) }))).toMatchObject({
      key: '',
      ref: { kind: 'calls', service: 'orders', measure: 'errors' },
    });
  });
});

test('a chart in words: what was expected, how far it went, where it is', () => {
  const chart = {
    name: 'errors of orders',
    unit: 'ratio',
    range: { fromMs: 0, toMs: 3_000 },
    marks: [],
    points: [
      { atMs: 1_000, value: 0.4 },
      { atMs: 2_000, value: 0.1 },
    ],
    band: { low: 0, middle: 0.01, high: 0.02 },
  } as const;
  expect(summaryText(chart)).toBe('errors of orders: expected 0 % to 2 %; highest 40 %, latest 10 %');
  expect(summaryText({ ...chart, points: [] })).toBe('errors of orders: no samples');
});

test.each([
  ['process.memory.usage', 'bytes'],
  ['process.cpu.utilization', 'ratio'],
  ['queue.length', 'plain'],
])('the unit of %s is %s', (metric, unit) => {
  expect(unitOf({ kind: 'metric', environment: '', service: '', instance: '', metric, attributes: '' })).toBe(
    unit,
  );
});
