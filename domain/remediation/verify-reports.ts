// Alerts from outside cannot be measured again, but the system that sent them says when they are over.

import type { Anomaly } from '../detection/anomaly.ts';
import type { VerificationConfig } from './verify-config.ts';
import { type Judged, stepLength, windowLength } from './verify-windows.ts';

/**
 * A critical alert that still fires keeps its incident open, whatever else looks well. One that was resolved counts as
 * good once it has stayed so for as long as a measured symptom has to. A firing one of less weight says nothing.
 */
export function judgeReport(anomaly: Anomaly, nowMs: number, config: VerificationConfig): Judged | null {
  const { seriesKey, scope, severity, state, clearedMs, detectedMs } = anomaly;
  const judged = {
    seriesKey,
    what: `${severity} alert on ${scope.service}`,
    before: 0,
    during: 1,
    after: state === 'cleared' ? 0 : 1,
    samples: state === 'cleared' ? 1 : 0,
    freshSeconds: 0,
  };
  if (state === 'firing')
    return severity === 'critical'
      ? { ...judged, ok: null, note: 'still firing where it was reported' }
      : null;
  const quietMs = windowLength(1_000, config) + (config.goodLooks - 1) * stepLength(1_000, config);
  const leftMs = (clearedMs ?? detectedMs) + quietMs - nowMs;
  if (leftMs <= 0) return { ...judged, ok: true };
  return {
    ...judged,
    ok: null,
    note: `resolved just now; it has to stay so for ${Math.ceil(leftMs / 1000)} s`,
  };
}
