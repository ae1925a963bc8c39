// Made-up series for tests of verification: every second (or every so often) exactly what is asked for.

import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { seriesKey } from '../../../domain/detection/series.ts';
import { verify } from '../../../domain/remediation/verify.ts';
import { verificationConfigSchema } from '../../../domain/remediation/verify-config.ts';
import type { VerificationInput } from '../../../domain/remediation/verify-input.ts';
import type { CallBucket, MetricBucket } from '../../../domain/telemetry.ts';

export const environment = 'test';
export const onsetMs = 1_700_000_000_000;
/** Seconds after the onset at which the effect was complete. */
export const effectSecond = 20;

type Call = Partial<CallBucket>;

/** Calls of a service's server side, from one second after the onset (or before it, negative) to another. */
export function calls(
  service: string,
  [from, to]: readonly [number, number],
  call: Call | ((second: number) => Call | null),
  everySeconds = 1,
): CallBucket[] {
  const rows: CallBucket[] = [];
  for (let second = from; second < to; second += everySeconds) {
    const one = typeof call === 'function' ? call(second) : call;
    if (one !== null)
      rows.push({ ...well, atMs: onsetMs + second * 1_000, service, instance: `${service}-0`, ...one });
  }
  return rows;
}

const well: CallBucket = {
  ...{ atMs: 0, service: '', instance: '', side: 'server', peer: '', count: 20, errors: 0, ownErrors: 0 },
  ...{ latencyP50Ms: 20, latencyP95Ms: 40, selfTimeP50Ms: 20 },
};

export function gauges(
  service: string,
  [from, to]: readonly [number, number],
  metric: string,
  value: number | ((second: number) => number),
  everySeconds = 1,
): MetricBucket[] {
  const rows: MetricBucket[] = [];
  for (let second = from; second < to; second += everySeconds) {
    const atMs = onsetMs + second * 1_000;
    const now = typeof value === 'function' ? value(second) : value;
    rows.push({ atMs, service, instance: `${service}-0`, metric, attributes: '', value: now });
  }
  return rows;
}

export function symptom(service: string, signal: Anomaly['signal'], more: Partial<Anomaly> = {}): Anomaly {
  const measure = signal === 'latency' ? 'latency-p50' : signal === 'traffic' ? 'traffic' : 'errors';
  return {
    id: `${service}-${signal}`,
    state: 'firing',
    detector: 'error-ratio',
    signal,
    scope: { environment, service },
    seriesKey: seriesKey({ kind: 'calls', environment, service, side: 'server', peer: '', measure }),
    metric: `calls.server.${measure}`,
    direction: 'up',
    onsetMs,
    detectedMs: onsetMs + 3_000,
    expected: 0,
    seen: 0.5,
    score: 10,
    confidence: 0.9,
    severity: 'critical',
    summary: `${signal} of ${service}`,
    ...more,
  };
}

export function report(state: Anomaly['state'], more: Partial<Anomaly> = {}): Anomaly {
  return symptom('shop', 'reported', {
    ...{ id: 'external-1', detector: 'external', metric: 'alert', seriesKey: 'alert|shop|1', state },
    ...(state === 'cleared' ? { clearedMs: onsetMs + effectSecond * 1_000 } : {}),
    ...more,
  });
}

export type Asked = {
  readonly anomalies: readonly Anomaly[];
  readonly calls?: readonly CallBucket[];
  readonly metrics?: readonly MetricBucket[];
  readonly more?: Partial<VerificationInput>;
  readonly settings?: object;
};

/** Asks `second` seconds after the effect; calls arrive two seconds late. */
export function askAt(second: number, { anomalies, settings = {}, more = {}, ...telemetry }: Asked) {
  const effectAtMs = onsetMs + effectSecond * 1_000;
  const nowMs = effectAtMs + second * 1_000 + 400;
  return verify({
    anomalies,
    calls: (telemetry.calls ?? []).filter(({ atMs }) => atMs < nowMs - 2_400),
    metrics: (telemetry.metrics ?? []).filter(({ atMs }) => atMs < nowMs),
    ...{ edges: [], onsetMs, effectAtMs, nowMs, targetService: 'shop' },
    config: verificationConfigSchema.parse(settings),
    ...more,
  });
}

/** The outcomes of a look every two seconds, `seconds` long. */
export function outcomes(asked: Asked, seconds = 60): string[] {
  return Array.from({ length: seconds / 2 }, (_, index) => askAt(index * 2, asked).outcome);
}
