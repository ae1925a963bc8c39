// What cannot be measured again is over when whoever found it says so: the system that sent an alert, or our own detector of a
// burst of log records or of a value that only it knows how to judge.

import type { Anomaly } from '../detection/anomaly.ts';
import type { VerificationConfig } from './verify-config.ts';
import { type Judged, stepLength, windowLength } from './verify-windows.ts';

/**
 * A critical alert that still fires keeps its incident open, whatever else looks well. One that was resolved counts as
 * good once it has stayed so for as long as a measured symptom has to. A firing one of less weight says nothing.
 */
export function judgeReport(anomaly: Anomaly, nowMs: number, config: VerificationConfig): Judged | null {
  const { scope, severity, state } = anomaly;
  if (state === 'firing' && severity !== 'critical') return null;
  return judgeByState(anomaly, `${severity} alert on ${scope.service}`, nowMs, config);
}

/** It goes on judging, and clears its finding only by what it hears: silence clears nothing. */
export function judgeByItsDetector(anomaly: Anomaly, nowMs: number, config: VerificationConfig): Judged {
  const { scope, signal, metric } = anomaly;
  const what = signal === 'logs' ? `error records of ${scope.service}` : `${metric} of ${scope.service}`;
  return judgeByState(anomaly, what, nowMs, config);
}

function judgeByState(anomaly: Anomaly, what: string, nowMs: number, config: VerificationConfig): Judged {
  const { seriesKey, state, clearedMs, detectedMs, detector } = anomaly;
  const isOver = state === 'cleared';
  const judged = {
    seriesKey,
    what,
    before: 0,
    during: 1,
    after: isOver ? 0 : 1,
    samples: isOver ? 1 : 0,
    freshSeconds: 0,
  };
  if (!isOver) {
    const note = detector === 'external' ? 'still firing where it was reported' : 'still found';
    return { ...judged, ok: null, note };
  }
  const quietMs = windowLength(1_000, config) + (config.goodLooks - 1) * stepLength(1_000, config);
  const leftMs = (clearedMs ?? detectedMs) + quietMs - nowMs;
  if (leftMs <= 0) return { ...judged, ok: true };
  const over = detector === 'external' ? 'resolved' : 'over';
  return {
    ...judged,
    ok: null,
    note: `${over} just now; it has to stay so for ${Math.ceil(leftMs / 1000)} s`,
  };
}
