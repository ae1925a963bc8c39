// Telemetry of one service per environment that a release broke and a rollback heals: enough for a real diagnosis and a
// real verification, at no cost of its own.

import type { History, TimeRange } from '../../activities/ports.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import { seriesKey } from '../../domain/detection/series.ts';
import type { ChangeEvent } from '../../domain/observation.ts';
import type { CallBucket } from '../../domain/telemetry.ts';

export const brokenService = 'orders';

/** Errors from `onsetMs` on in every environment, until the moment it was healed. */
export function madeUpHistory(onsetMs: number, healedAtMs: ReadonlyMap<string, number>): History {
  const brokenAt = (environment: string, atMs: number): boolean =>
    atMs >= onsetMs && atMs < (healedAtMs.get(environment) ?? Number.POSITIVE_INFINITY);
  return {
    calls: async (range) => secondsOf(range).map((atMs) => bucket(atMs, brokenAt(range.environment, atMs))),
    metrics: async (range) =>
      secondsOf(range).map((atMs) => ({
        atMs,
        service: brokenService,
        instance: `${brokenService}-1`,
        metric: 'process.cpu.utilization',
        attributes: '',
        value: 0.2,
      })),
    logs: async () => [],
  };
}

/** The anomaly that detection would have found, and the release before it. */
madeUpHistory.trouble = (environment: string, onsetMs: number): { anomaly: Anomaly; change: ChangeEvent } => {
  const scope = { environment, service: brokenService };
  const change: ChangeEvent = {
    kind: 'change',
    id: `release/${environment}`,
    type: 'release',
    ...scope,
    atMs: onsetMs - 1_000,
    summary: 'release r2',
    attributes: {},
  };
  const anomaly: Anomaly = {
    id: `anomaly/${environment}`,
    state: 'firing',
    detector: 'error-ratio',
    signal: 'errors',
    scope,
    seriesKey: seriesKey({ kind: 'calls', ...scope, side: 'server', peer: '', measure: 'errors' }),
    metric: 'error ratio',
    direction: 'up',
    onsetMs,
    detectedMs: onsetMs + 1_000,
    expected: 0,
    seen: 0.4,
    score: 100,
    confidence: 0.99,
    severity: 'critical',
    summary: 'errors rose from 0 % to 40 %',
  };
  return { anomaly, change };
};

function secondsOf({ fromMs, toMs }: TimeRange): readonly number[] {
  const first = Math.ceil(fromMs / 1_000);
  const last = Math.floor(Math.min(toMs, Date.now() - 200) / 1_000);
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => (first + index) * 1_000);
}

function bucket(atMs: number, broken: boolean): CallBucket {
  const errors = broken ? 20 : 0;
  return {
    atMs,
    service: brokenService,
    instance: `${brokenService}-1`,
    side: 'server',
    peer: '',
    count: 50,
    errors,
    ownErrors: errors,
    latencyP50Ms: 20,
    latencyP95Ms: 40,
    selfTimeP50Ms: 15,
  };
}
