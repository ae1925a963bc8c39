// Which stretches of history an analysis reads: the past it compares with, the beginning of the trouble, and the present.
// Bounded, so that an incident that waited for hours reads no more than one of a minute.

import { thresholds } from '../domain/diagnosis/thresholds.ts';
import type { TimeRange } from './ports.ts';

const { baselineMs, guardMs, duringMs } = thresholds.window;

/** Nobody looks further back than this at what came after an effect, however long it is watched. */
const longestPresentMs = 65 * 60_000;

/** Beginning and present each get this much more than a diagnosis averages over. */
const marginMs = 30_000;

/** What a diagnosis, or the looks of a verification, count in samples, and the one that is on its way. */
const samples = { past: 10, beginning: 4, present: 12 };

/**
 * One range from before the onset until now, or two when a long time lies between. `sinceMs` asks for a present that
 * begins no later than that (such as an effect whose traces are to be seen). Each is longer for rows that come every `paceMs`.
 */
export function rangesAround(
  environment: string,
  onsetMs: number,
  nowMs: number,
  sinceMs = nowMs,
  paceMs = 1_000,
): readonly TimeRange[] {
  const atLeast = (ms: number, count: number) => Math.min(longestPresentMs, Math.max(ms, count * paceMs));
  const fromMs = onsetMs - guardMs - atLeast(baselineMs, samples.past);
  const beginningMs = onsetMs + atLeast(duringMs + marginMs, samples.beginning);
  const lookBackMs = atLeast(duringMs + marginMs, samples.present);
  const presentMs = Math.max(Math.min(nowMs, sinceMs) - lookBackMs, nowMs - longestPresentMs);
  if (presentMs <= beginningMs) return [{ environment, fromMs, toMs: nowMs }];
  return [
    { environment, fromMs, toMs: beginningMs },
    { environment, fromMs: presentMs, toMs: nowMs },
  ];
}
