/** Metrics that the configuration names: limits, and series compared with their own past. */
import { describe, expect, test } from 'vitest';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';

const startMs = Date.UTC(2026, 0, 5);
const day = 24 * 3_600;

/** What is found in samples that come every `intervalS`. */
function found(
  rules: readonly object[],
  intervalS: number,
  values: readonly number[],
  metric = 'orders.rate',
) {
  const engine = createDetectionEngine(detectionConfigSchema.parse({ rules }));
  const anomalies: Anomaly[] = [];
  for (const [index, value] of values.entries()) {
    const atMs = startMs + index * intervalS * 1_000;
    const scope = { environment: 'prod', service: 'shop' };
    const point = { kind: 'gauge', scope, metric, unit: '1', attributes: {}, atMs, value } as const;
    for (let tickMs = atMs - intervalS * 1_000; tickMs < atMs; tickMs += 8_000) engine.tick(tickMs);
    anomalies.push(...engine.observe([point], atMs + 200).anomalies);
  }
  return anomalies
    .filter(({ signal }) => signal !== 'absence')
    .map(({ state, detector, severity, detectedMs, clearedMs, direction, summary }) => ({
      ...{ state, detector, severity, direction, summary },
      sample: ((state === 'firing' ? detectedMs : (clearedMs ?? 0)) - startMs) / 1_000 / intervalS,
    }));
}

const noise = (index: number): number => ((index * 7919) % 101) / 101 - 0.5;
const level = (count: number, value: number) =>
  Array.from({ length: count }, (_, index) => value + noise(index));

describe('a limit', () => {
  test('counts once it has been passed for long enough, and until the value is back within it', () => {
    const values = [...level(5, 50), 95, 50, ...level(4, 95), 79.5, ...level(4, 50)];
    const rule = { metric: 'orders.rate', above: 80, forMs: 120_000, severity: 'critical' };
    expect(found([rule], 60, values)).toEqual([
      {
        ...{ state: 'firing', detector: 'threshold', severity: 'critical', direction: 'up', sample: 9 },
        summary: expect.stringMatching(/^orders\.rate of shop is 9[45](\.\d+)?, above its limit of 80$/),
      },
      expect.objectContaining({ state: 'cleared', sample: 12 }),
    ]);
  });

  test('of both sides', () => {
    const rule = { metric: 'orders.*', service: 'sh?p', above: 80, below: 20 };
    const told = found([rule], 60, [50, 10, 50, 50, 50, 90, 50, 50, 50]);
    expect(told.map(({ state, direction, sample }) => [state, direction, sample])).toEqual([
      ['firing', 'down', 1],
      ['cleared', 'down', 2],
      ['firing', 'up', 5],
      ['cleared', 'up', 6],
    ]);
  });

  test('of how much it changed, at any interval, whatever the level', () => {
    const rule = { metric: 'orders.rate', above: 50, below: -50, changeMs: 600_000 };
    for (const intervalS of [15, 60, 300, 600]) {
      const per = 600 / intervalS;
      const rising = [...level(10 * per, 1_000), ...level(3 * per, 1_080), ...level(3 * per, 1_000)];
      const told = found([rule], intervalS, rising);
      expect(told.map(({ state, direction }) => [state, direction])).toEqual([
        ['firing', 'up'],
        ['cleared', 'up'],
        ['firing', 'down'],
        ['cleared', 'down'],
      ]);
      expect(told[0]?.sample).toBe(10 * per);
      expect(told[0]?.summary).toMatch(
        /^orders\.rate of shop changed in 10 min by \d+(\.\d+)?, above its limit of 50$/,
      );
      const slowly = Array.from({ length: 20 * per }, (_, row) => 1_000 + (40 * row) / per);
      expect(found([rule], intervalS, slowly)).toEqual([]);
    }
    expect(() => detectionConfigSchema.parse({ rules: [{ metric: 'orders', changeMs: 1_000 }] })).toThrow();
  });

  test('of a change is not judged over a pause', () => {
    const rule = { metric: 'orders.rate', above: 50, changeMs: 600_000 };
    const engine = createDetectionEngine(detectionConfigSchema.parse({ rules: [rule] }));
    const scope = { environment: 'prod', service: 'shop' };
    const anomalies = [0, 5, 10, 40, 41].flatMap((minute, index) => {
      const atMs = startMs + minute * 60_000;
      const value = index < 3 ? 1_000 : 2_000;
      const point = {
        kind: 'gauge',
        scope,
        metric: 'orders.rate',
        unit: '1',
        attributes: {},
        atMs,
        value,
      } as const;
      return engine.observe([point], atMs).anomalies;
    });
    expect(anomalies.filter(({ detector }) => detector === 'threshold')).toEqual([]);
  });

  test('is not looked at for other metrics, and the first rule that fits counts', () => {
    const beyond = level(10, 95);
    expect(found([{ metric: 'orders', above: 80 }], 60, beyond)).toEqual([]);
    expect(found([{ metric: 'orders.rate', service: 'cart', above: 80 }], 60, beyond)).toEqual([]);
    const rules = [
      { metric: 'orders.rate', above: 100 },
      { metric: '*', above: 80 },
    ];
    expect(found(rules, 60, beyond)).toEqual([]);
  });

  test('takes the place of what a known metric is watched for', () => {
    const full = [
      ...level(20, 0.3).map((value) => Math.abs(value) / 3),
      ...level(8, 97).map((value) => value / 100),
    ];
    const known = found([], 60, full, 'process.cpu.utilization');
    expect(known.some(({ severity }) => severity === 'warning')).toBe(true);
    expect(found([{ metric: 'process.cpu.*', above: 1.5 }], 60, full, 'process.cpu.utilization')).toEqual([]);
  });
});

describe('a series that is unlike itself', () => {
  const rule = { metric: 'orders.rate', direction: 'down' };
  /** Orders of a shop: many by day, few by night. */
  const orders = (intervalS: number, days: number) =>
    Array.from({ length: Math.round((days * day) / intervalS) }, (_, index) => {
      const hour = ((index * intervalS) / 3_600) % 24;
      return 100 + 80 * Math.sin(((hour - 6) / 12) * Math.PI) + 6 * noise(index);
    });

  test.each([300, 3_600])('every %i s: a fall at noon is found, a night is not', (intervalS) => {
    const values = orders(intervalS, 10);
    const noon = values.length - Math.round((12 * 3_600) / intervalS);
    for (let index = noon; index < noon + 6; index += 1) values[index] = 4;
    const told = found([rule], intervalS, values);
    expect(told.filter(({ state }) => state === 'firing')).toEqual([
      expect.objectContaining({ detector: 'unusual', severity: 'warning', direction: 'down', sample: noon }),
    ]);
    expect(told.at(-1)).toMatchObject({ state: 'cleared', sample: noon + 6 });
  });

  test('only on the side that was asked for', () => {
    const values = orders(300, 6);
    const noon = values.length - 144;
    for (let index = noon; index < noon + 6; index += 1) values[index] = 400;
    expect(found([rule], 300, values)).toEqual([]);
    expect(found([{ ...rule, direction: 'up' }], 300, values)).not.toEqual([]);
  });

  test('what has lasted for long is the new normal', () => {
    const values = [...level(200, 100), ...level(60, 300)];
    const told = found([{ metric: 'orders.rate' }], 300, values);
    expect(told.map(({ state }) => state)).toEqual(['firing', 'cleared']);
    expect(told[1]?.sample).toBeGreaterThanOrEqual(230);
  });
});

test('limits that exclude each other are refused', () => {
  const parsed = detectionConfigSchema.safeParse({ rules: [{ metric: 'x', above: 1, below: 2 }] });
  expect(parsed.error?.issues[0]).toMatchObject({ path: ['rules', 0, 'below'] });
});
