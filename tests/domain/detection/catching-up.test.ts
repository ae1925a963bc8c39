// Telemetry that was kept while nobody took it, and comes in order afterwards: what has not been counted yet is no loss of
// traffic, and a loss after it is one.

import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { DetectionOutput } from '../../../domain/detection/output.ts';
import type { GaugePoint, SpanSummary } from '../../../domain/observation.ts';
import type { CallBucket } from '../../../domain/telemetry.ts';
import { environment, startMs } from './simulation.ts';

const secondMs = 1_000;
const ordinarySeconds = 66;
const newEngine = (): DetectionEngine => createDetectionEngine(detectionConfigSchema.parse({}));

/** Calls of two replicas in a number of seconds, counted from the start of the story. */
function calls(from: number, seconds: number, perReplica = 10): SpanSummary[] {
  const spans: SpanSummary[] = [];
  for (let second = from; second < from + seconds; second += 1)
    for (const resourceId of ['payments-1', 'payments-2'])
      for (let call = 0; call < perReplica; call += 1) {
        const id = `${resourceId}/${second}/${call}`;
        spans.push({
          kind: 'span',
          scope: { environment, service: 'payments', resourceId },
          traceId: `trace of ${id}`,
          spanId: id,
          spanKind: 'server',
          name: 'GET /payments',
          startMs: startMs + second * secondMs + call * 90,
          durationMs: 40,
          error: false,
        });
      }
  return spans;
}

const at = (second: number): number => startMs + second * secondMs;
const summaries = (outputs: readonly DetectionOutput[]): string[] =>
  outputs.flatMap(({ anomalies }) => anomalies.map(({ summary }) => summary));

/** A minute of it as it happens; the rows are its history. */
function ordinary(engine: DetectionEngine): CallBucket[] {
  const outputs = Array.from({ length: ordinarySeconds }, (_, second) => [
    engine.observe(calls(second, 1), at(second + 1) + 50),
    engine.tick(at(second + 1) + 500),
  ]).flat();
  expect(summaries(outputs)).toEqual([]);
  return outputs.flatMap(({ rows }) => rows.flatMap((row) => row.calls));
}

/** From `fromSecond` on everything since the ordinary time comes, `atOnce` seconds in a request, and then as it happens. */
function catchUp(engine: DetectionEngine, fromSecond: number, atOnce: number, perReplica = 10): string[] {
  const outputs: DetectionOutput[] = [];
  let next = ordinarySeconds;
  for (let nowMs = at(fromSecond); nowMs < at(fromSecond + 60); nowMs += 250) {
    outputs.push(engine.tick(nowMs));
    const due = Math.min(atOnce, Math.floor((nowMs - at(next)) / secondMs));
    if (due < 1) continue;
    const falls = next >= fromSecond ? perReplica : 10;
    outputs.push(engine.observe(calls(next, due, falls), nowMs));
    next += due;
  }
  return summaries(outputs);
}

const gaps = [5, 20, 40, 100].flatMap((gap) => [1, 3, 15, 40].map((atOnce) => ({ gap, atOnce })));

describe('calls that come late, in order', () => {
  it.each(gaps)('are no loss after a restart that took $gap s, $atOnce s at once', ({ gap, atOnce }) => {
    const history = ordinary(newEngine());
    const engine = newEngine();
    engine.warm(environment, { calls: history, metrics: [], logs: [] });
    expect(catchUp(engine, ordinarySeconds + gap, atOnce)).toEqual([]);
  });

  it.each(gaps)('nor from a collector that was cut off for $gap s, $atOnce s at once', ({ gap, atOnce }) => {
    const engine = newEngine();
    ordinary(engine);
    for (let second = ordinarySeconds; second < ordinarySeconds + gap; second += 1) engine.tick(at(second));
    const found = catchUp(engine, ordinarySeconds + gap, atOnce);
    expect(found.filter((summary) => summary.includes('calls per second'))).toEqual([]);
  });

  it('and traffic that falls afterwards is found', () => {
    const history = ordinary(newEngine());
    const engine = newEngine();
    engine.warm(environment, { calls: history, metrics: [], logs: [] });
    expect(catchUp(engine, ordinarySeconds + 40, 15, 1)).toContain(
      'payments gets 2 calls per second, usually 20',
    );
  });
});

/** What the replicas say of themselves in these seconds. */
function gauges(from: number, seconds: number): GaugePoint[] {
  return Array.from({ length: seconds }, (_, index) =>
    ['payments-1', 'payments-2'].map((resourceId) => ({
      kind: 'gauge' as const,
      scope: { environment, service: 'payments', resourceId },
      metric: 'queue.length',
      unit: '1',
      attributes: {},
      atMs: at(from + index),
      value: 3,
    })),
  ).flat();
}

/**
 * From `fromSecond` on metrics come as the sender kept them, `atOnce` seconds in a request; spans of the gap never do, and those of
 * now only some seconds later, when their exporter tries again.
 */
function withoutCallsOfTheGap(
  engine: DetectionEngine,
  fromSecond: number,
  atOnce: number,
  spansFrom: number,
): string[] {
  const outputs: DetectionOutput[] = [];
  let [nextGauge, nextSpan] = [ordinarySeconds, spansFrom];
  for (let nowMs = at(fromSecond); nowMs < at(fromSecond + 40); nowMs += 250) {
    outputs.push(engine.tick(nowMs));
    const due = Math.min(atOnce, Math.floor((nowMs - at(nextGauge)) / secondMs));
    if (due > 0) outputs.push(engine.observe(gauges(nextGauge, due), nowMs));
    nextGauge += Math.max(0, due);
    for (; at(nextSpan + 1) + 50 <= nowMs; nextSpan += 1)
      outputs.push(engine.observe(calls(nextSpan, 1), nowMs));
  }
  return summaries(outputs);
}

describe('calls that never come, since nobody took them', () => {
  it.each(
    [6, 20, 40].flatMap((gap) =>
      [1, 4, 40].flatMap((atOnce) => [0, 3, 6].map((later) => ({ gap, atOnce, later }))),
    ),
  )(
    'are no loss after a restart that took $gap s, metrics $atOnce s at once, spans $later s later',
    ({ gap, atOnce, later }) => {
      const history = ordinary(newEngine());
      const engine = newEngine();
      engine.warm(environment, { calls: history, metrics: [], logs: [] });
      const from = ordinarySeconds + gap;
      expect(withoutCallsOfTheGap(engine, from, atOnce, from + later)).toEqual([]);
    },
  );
});
