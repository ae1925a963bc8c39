// Made-up telemetry of one service, seeded, through the detection engine as it is: what it finds is what the pictures show.

import type { Anomaly, DetectorId } from '../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import type { SpanSummary, TelemetryObservation } from '../../domain/observation.ts';
import type { Found } from './draw.ts';

export const startMs = Date.UTC(2026, 0, 5);
const scope = { environment: 'production', service: 'shop', resourceId: 'shop-1' };

/** Seeded, uniform in 0..1 (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function foundBy(detector: DetectorId, anomalies: readonly Anomaly[]): Found[] {
  const cleared = new Map(
    anomalies.filter(({ state }) => state === 'cleared').map((one) => [one.id, one.clearedMs]),
  );
  const firing = anomalies.filter((one) => one.state === 'firing' && one.detector === detector);
  return firing.map(({ id, onsetMs, detectedMs }) => {
    const clearedMs = cleared.get(id);
    return { onsetMs, detectedMs, ...(clearedMs === undefined ? {} : { clearedMs }) };
  });
}

/** Steps of `stepMs`; what `seen` gives for each is received a moment later. */
export function watched(
  detector: DetectorId,
  steps: number,
  stepMs: number,
  seen: (atMs: number, step: number) => readonly TelemetryObservation[],
  settings: object = {},
): Found[] {
  const engine = createDetectionEngine(detectionConfigSchema.parse(settings));
  const anomalies: Anomaly[] = [];
  for (let step = 0; step < steps; step += 1) {
    const atMs = startMs + step * stepMs;
    anomalies.push(
      ...engine.observe(seen(atMs, step), atMs + 900).anomalies,
      ...engine.tick(atMs + 990).anomalies,
    );
  }
  return foundBy(detector, anomalies);
}

export function gauge(metric: string, atMs: number, value: number): TelemetryObservation {
  return { kind: 'gauge', scope, metric, unit: '1', attributes: {}, atMs, value };
}

let spans = 0;
export function call(atMs: number, durationMs: number, error: boolean): SpanSummary {
  spans += 1;
  const ids = { traceId: `t${spans}`, spanId: `s${spans}`, startMs: atMs - durationMs, durationMs };
  return { kind: 'span', scope, name: 'GET /', spanKind: 'server', error, ...ids };
}

export function record(atMs: number, body: string, severityNumber: number): TelemetryObservation {
  return { kind: 'log', scope, atMs, body, severityNumber, attributes: {} };
}
