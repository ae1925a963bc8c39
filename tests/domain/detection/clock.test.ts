// Clocks jump. Whatever the receiver's clock does, what comes after it was set right counts as before.

import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { DetectionOutput } from '../../../domain/detection/output.ts';
import type { GaugePoint, SpanSummary } from '../../../domain/observation.ts';
import type { CallBucket, MetricBucket } from '../../../domain/telemetry.ts';
import { environment, startMs } from './simulation.ts';

const hourMs = 3_600_000;
const scope = { environment, service: 'shop', resourceId: 'shop-1' };

type Clocks = (second: number) => { readonly receiverMs: number; readonly senderMs: number };

/** Twenty calls and one gauge a second; every call fails from `failsFrom` on. */
function run(
  clocks: Clocks,
  [from, to]: readonly [number, number],
  {
    engine = newEngine(),
    failsFrom = Number.POSITIVE_INFINITY,
  }: { engine?: DetectionEngine; failsFrom?: number } = {},
) {
  const outputs: DetectionOutput[] = [];
  for (let second = from; second < to; second += 1) {
    const { receiverMs, senderMs } = clocks(second);
    const gauge: GaugePoint = {
      kind: 'gauge',
      scope,
      metric: 'app.queue',
      unit: '',
      attributes: {},
      atMs: senderMs,
      value: second,
    };
    const spans = Array.from({ length: 20 }, (_, call): SpanSummary => {
      const id = `${second}-${call}`;
      const ids = { traceId: id, spanId: id };
      return {
        kind: 'span',
        scope,
        ...ids,
        spanKind: 'server',
        name: 'serve',
        startMs: senderMs - 900 + call * 40,
        durationMs: 10,
        error: second >= failsFrom,
      };
    });
    outputs.push(engine.observe([gauge, ...spans], receiverMs), engine.tick(receiverMs + 400));
  }
  const rows = outputs.flatMap((output) => output.rows);
  const metrics = rows.flatMap((row) => row.metrics);
  const calls = rows.flatMap((row) => row.calls);
  const anomalies = outputs.flatMap((output) => output.anomalies);
  return { engine, metrics, calls, anomalies, dropped: outputs.map(({ dropped }) => dropped) };
}

const newEngine = () => createDetectionEngine(detectionConfigSchema.parse({}));
const right = (second: number) => startMs + second * 1_000;
const during = (second: number, ms: number) => (second >= 60 && second < 90 ? ms : 0);

const jumps: readonly (readonly [string, Clocks])[] = [
  [
    'the receiver an hour ahead and back',
    (second) => ({ receiverMs: right(second) + during(second, hourMs), senderMs: right(second) }),
  ],
  [
    'the whole machine an hour ahead and back',
    (second) => ({
      receiverMs: right(second) + during(second, hourMs),
      senderMs: right(second) + during(second, hourMs),
    }),
  ],
  [
    'the receiver an hour back and ahead again',
    (second) => ({ receiverMs: right(second) - during(second, hourMs), senderMs: right(second) }),
  ],
  [
    'a sender an hour ahead and back',
    (second) => ({ receiverMs: right(second), senderMs: right(second) + during(second, hourMs) }),
  ],
  [
    'a sender an hour back and ahead again',
    (second) => ({ receiverMs: right(second), senderMs: right(second) - during(second, hourMs) }),
  ],
];

describe.each(jumps)('%s', (_, clocks) => {
  it('loses nothing of what comes after', () => {
    const { metrics, calls } = run(clocks, [0, 150]);
    const since = right(91);
    const seconds = (rows: readonly { readonly atMs: number }[]) =>
      new Set(rows.flatMap(({ atMs }) => (atMs >= since && atMs <= right(146) ? [atMs] : [])));
    expect(seconds(metrics).size).toBe(56);
    expect(seconds(calls).size).toBe(56);
    const counted = calls.filter(({ atMs }) => atMs >= right(92) && atMs <= right(145));
    expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(54 * 20);
  });

  it('finds what goes wrong after', () => {
    const { anomalies } = run(clocks, [0, 240], { failsFrom: 180 });
    const found = anomalies.find(
      ({ signal, state, onsetMs }) => signal === 'errors' && state === 'firing' && onsetMs > right(170),
    );
    expect(found?.detectedMs).toBeLessThan(right(190));
  });
});

it('a small step back is waited out: nothing is forgotten, and nothing lost', () => {
  const clocks: Clocks = (second) => ({
    receiverMs: right(second) - (second >= 60 ? 3_000 : 0),
    senderMs: right(second) - (second >= 60 ? 3_000 : 0),
  });
  const engine = newEngine();
  run(clocks, [0, 60], { engine });
  expect(engine.setBack(right(57))).toBe(false);
  const { anomalies } = run(clocks, [60, 90], { engine, failsFrom: 75 });
  expect(anomalies.find(({ signal }) => signal === 'errors')?.baseline?.samples).toBeGreaterThan(500);
});

it('the seconds that were open come out all the same', () => {
  const engine = newEngine();
  const clocks: Clocks = (second) => ({ receiverMs: right(second) + hourMs, senderMs: right(second) });
  const before = run(clocks, [0, 30], { engine });
  expect(engine.setBack(right(30))).toBe(true);
  const { rows } = engine.tick(right(30));
  const calls = [...before.calls, ...rows.flatMap((row) => row.calls)];
  expect(calls.reduce((sum, { count }) => sum + count, 0)).toBe(600);
});

it('warmed again from history it knows what was normal, at once', () => {
  const engine = newEngine();
  const ahead: Clocks = (second) => ({ receiverMs: right(second) + hourMs, senderMs: right(second) });
  const { calls, metrics } = run(ahead, [0, 120], { engine });
  const true_: Clocks = (second) => ({ receiverMs: right(second), senderMs: right(second) });
  expect(engine.setBack(right(120))).toBe(true);
  const past = <Row extends CallBucket | MetricBucket>(rows: readonly Row[]) =>
    rows.filter(({ atMs }) => atMs < right(120));
  engine.warm(environment, { calls: past(calls), metrics: past(metrics), logs: [] });
  const { anomalies } = run(true_, [120, 135], { engine, failsFrom: 125 });
  const found = anomalies.find(({ signal }) => signal === 'errors');
  expect(found?.baseline?.samples).toBeGreaterThan(1_000);
});

it('a process that ends hands on the seconds that were open, and finds nothing in them', () => {
  const clocks: Clocks = (second) => ({ receiverMs: right(second), senderMs: right(second) });
  const { engine, calls } = run(clocks, [0, 60], { failsFrom: 59 });
  const { rows, anomalies } = engine.flush();
  const all = [...calls, ...rows.flatMap((row) => row.calls)];
  expect(all.reduce((sum, { count }) => sum + count, 0)).toBe(1_200);
  expect(calls.reduce((sum, { count }) => sum + count, 0)).toBeLessThan(1_200);
  expect(anomalies).toEqual([]);
  expect(engine.flush().rows).toEqual([]);
});
