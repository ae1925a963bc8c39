// A collector that was cut off sends what it kept by signal: minutes of metrics at once, and then the spans. Until they have come,
// nothing is known of the calls, and nothing known is no loss of traffic.

import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { DetectionOutput } from '../../../domain/detection/output.ts';
import type { GaugePoint, SpanSummary, TelemetryObservation } from '../../../domain/observation.ts';
import { environment, startMs } from './simulation.ts';

const ordinarySeconds = 66;
const at = (second: number): number => startMs + second * 1_000;
const scopeOf = (resourceId: string) => ({ environment, service: 'payments', resourceId });
const replicas = ['payments-1', 'payments-2'];

function calls(second: number, perReplica = 10): SpanSummary[] {
  return replicas.flatMap((resourceId) =>
    Array.from({ length: perReplica }, (_, call) => {
      const id = `${resourceId}/${second}/${call}`;
      return {
        kind: 'span',
        scope: scopeOf(resourceId),
        traceId: `trace of ${id}`,
        spanId: id,
        spanKind: 'server',
        name: 'GET /payments',
        startMs: at(second) + call * 90,
        durationMs: 40,
        error: false,
      } satisfies SpanSummary;
    }),
  );
}

function metrics(second: number): GaugePoint[] {
  return replicas.map((resourceId) => ({
    kind: 'gauge',
    scope: scopeOf(resourceId),
    metric: 'queue.depth',
    unit: '1',
    attributes: {},
    atMs: at(second) + 900,
    value: 20 + (second % 3),
  }));
}

const seconds = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/** A minute of both as they happen. */
function ordinary(): DetectionEngine {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  for (const second of seconds(0, ordinarySeconds)) {
    const output = engine.observe([...calls(second), ...metrics(second)], at(second + 1) + 50);
    expect(output.anomalies).toEqual([]);
    engine.tick(at(second + 1) + 500);
  }
  return engine;
}

type Story = {
  /** How long nothing came. */
  readonly gap: number;
  /** How much later than the metrics the spans begin to come, and how many seconds of them a request brings. */
  readonly spansLater: number;
  readonly atOnce: number;
  readonly perReplica?: number;
  /** Sentinel was away, and no collector. */
  readonly isOurs?: boolean;
};

/** What is found while both catch up, and for a minute after that. */
function catchUp(
  engine: DetectionEngine,
  { gap, spansLater, atOnce, perReplica = 10, isOurs = false }: Story,
  lasts = spansLater + 90,
): string[] {
  const outputs: DetectionOutput[] = [];
  const back = ordinarySeconds + gap;
  let nextMetrics = ordinarySeconds;
  let nextSpans = ordinarySeconds;
  if (!isOurs) for (const second of seconds(ordinarySeconds, back)) outputs.push(engine.tick(at(second)));
  for (let nowMs = at(back); nowMs < at(back + lasts); nowMs += 500) {
    const passed = Math.floor((nowMs - startMs) / 1_000);
    const arrived: TelemetryObservation[] = seconds(nextMetrics, passed).flatMap((second) => metrics(second));
    nextMetrics = Math.max(nextMetrics, passed);
    if (nowMs >= at(back + spansLater)) {
      const until = Math.min(passed, nextSpans + atOnce);
      arrived.push(
        ...seconds(nextSpans, until).flatMap((second) => calls(second, second < back ? 10 : perReplica)),
      );
      nextSpans = Math.max(nextSpans, until);
    }
    if (arrived.length > 0) outputs.push(engine.observe(arrived, nowMs));
    outputs.push(engine.tick(nowMs));
  }
  return outputs.flatMap(({ anomalies }) => anomalies.map(({ summary }) => summary));
}

const ofTraffic = (found: readonly string[]): string[] =>
  found.filter((summary) => summary.includes('calls per second'));

describe('metrics that come before the spans of the same time', () => {
  const stories = [8, 30, 120].flatMap((gap) =>
    [0, 3, 12, 45].flatMap((spansLater) => [3, 40].map((atOnce) => ({ gap, spansLater, atOnce }))),
  );
  it.each(stories)(
    'are no loss of traffic: cut off for $gap s, spans $spansLater s later, $atOnce s at once',
    (story) => {
      expect(ofTraffic(catchUp(ordinary(), story))).toEqual([]);
    },
  );

  it.each(stories)(
    'nor when it was Sentinel that was away for $gap s: spans $spansLater s later, $atOnce s at once',
    (story) => {
      expect(ofTraffic(catchUp(ordinary(), { ...story, isOurs: true }))).toEqual([]);
    },
  );

  it('and traffic that falls when all is well again is found', () => {
    const story = { gap: 30, spansLater: 3, atOnce: 40, perReplica: 1 };
    expect(ofTraffic(catchUp(ordinary(), story))).toContain('payments gets 2 calls per second, usually 20');
  });
});

describe('calls that stop while everything else goes on', () => {
  it('are a loss of traffic, although no span says so', () => {
    const engine = ordinary();
    const found = seconds(ordinarySeconds, ordinarySeconds + 40).flatMap((second) => [
      engine.observe(metrics(second), at(second + 1) + 50),
      engine.tick(at(second + 1) + 500),
    ]);
    const summaries = found.flatMap(({ anomalies }) => anomalies.map(({ summary }) => summary));
    expect(ofTraffic(summaries)).toContain('payments gets 0 calls per second, usually 20');
  });

  it('are one after a gap, too, once nothing can be on its way any more', () => {
    const story = { gap: 30, spansLater: 1_000, atOnce: 40 };
    expect(ofTraffic(catchUp(ordinary(), story, 90))).toContain(
      'payments gets 0 calls per second, usually 20',
    );
  });
});
