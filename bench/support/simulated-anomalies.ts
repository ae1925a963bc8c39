// What a plain detector would have found in a simulated world.

import type { Anomaly, SignalKind } from '../../domain/detection/anomaly.ts';
import type { CallBucket } from '../../domain/telemetry.ts';
import { quantile } from './quantile.ts';
import { environment, type Fault, type World } from './simulated-behaviour.ts';

/** What a plain detector would have found: services whose callers or users see errors or slowness, and the fault's own signal. */
export function anomaliesOf(world: World, calls: readonly CallBucket[], onsetMs: number): Anomaly[] {
  const found: Anomaly[] = [];
  for (const { name } of world.services) {
    const mine = calls.filter(({ service, side }) => service === name && side === 'server');
    const before = summary(mine.filter(({ atMs }) => atMs < onsetMs));
    const after = summary(mine.filter(({ atMs }) => atMs >= onsetMs));
    if (after.ratio > before.ratio + 0.04)
      found.push(anomaly(name, 'errors', onsetMs, before.ratio, after.ratio));
    if (after.p95 > before.p95 * 1.6 + 20)
      found.push(anomaly(name, 'latency', onsetMs, before.p95, after.p95));
  }
  for (const fault of world.faults) {
    const signal = ownSignal[fault.kind];
    if (signal !== undefined) found.push(anomaly(fault.service, signal, onsetMs, 0, 1));
  }
  return found;
}

const ownSignal: Partial<Record<Fault['kind'], SignalKind>> = {
  crash: 'availability',
  'crash-loop': 'restarts',
  hang: 'absence',
  'memory-leak': 'memory',
  'cpu-burn': 'cpu',
  'disk-fill': 'disk',
  'pool-exhaustion': 'pool',
  'telemetry-gap': 'absence',
  'log-noise': 'logs',
};

export function anomaly(
  service: string,
  signal: SignalKind,
  onsetMs: number,
  expected: number,
  seen: number,
  more: Partial<Anomaly> = {},
): Anomaly {
  return {
    id: `${service}-${signal}`,
    state: 'firing',
    detector: 'threshold',
    signal,
    scope: { environment, service },
    seriesKey: `${service}/${signal}`,
    metric: signal,
    direction: 'up',
    onsetMs: onsetMs + 1_000,
    detectedMs: onsetMs + 3_000,
    expected,
    seen,
    score: 10,
    confidence: 0.9,
    severity: signal === 'logs' ? 'warning' : 'critical',
    summary: `${signal} of ${service}`,
    ...more,
  };
}

function summary(buckets: readonly CallBucket[]): { ratio: number; p95: number } {
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const errors = buckets.reduce((sum, bucket) => sum + bucket.errors, 0);
  return {
    ratio: count === 0 ? 0 : errors / count,
    p95:
      buckets.length === 0
        ? 0
        : quantile(
            buckets.map((b) => b.latencyP95Ms),
            0.5,
          ),
  };
}
