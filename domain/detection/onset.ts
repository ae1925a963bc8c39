// When the trouble of an incident began, as far as its anomalies can be believed: alerts from outside carry the instant
// their own system gave them, and some have been firing for weeks.

import type { Anomaly } from './anomaly.ts';

/** An alert's beginning further back than this before it was heard of says nothing about the trouble at hand. */
const longestLeadMs = 10 * 60_000;

/**
 * The earliest believable onset, never after `nowMs`. What a detector measured counts as it is; a report counts when it
 * began shortly before it was heard of, and an older one is moved up, or left out where something was measured.
 */
export function soundOnset(
  anomalies: readonly Pick<Anomaly, 'detector' | 'onsetMs' | 'detectedMs'>[],
  onsetMs: number,
  nowMs: number,
): number {
  const measured: number[] = [];
  const reported: number[] = [];
  const old: number[] = [];
  for (const anomaly of anomalies) {
    const earliestMs = anomaly.detectedMs - longestLeadMs;
    if (anomaly.detector !== 'external') measured.push(anomaly.onsetMs);
    else if (anomaly.onsetMs >= earliestMs) reported.push(anomaly.onsetMs);
    else old.push(earliestMs);
  }
  const believed = [...measured, ...reported];
  const candidates = believed.length > 0 ? believed : old;
  return Math.min(nowMs, candidates.length > 0 ? Math.min(...candidates) : onsetMs);
}
