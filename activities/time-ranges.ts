// Which stretches of history an analysis reads: the past it compares with, the beginning of the trouble, and the present.
// Bounded, so that an incident that waited for hours reads no more than one of a minute.

import { thresholds } from '../domain/diagnosis/thresholds.ts';
import type { TimeRange } from './ports.ts';

const { baselineMs, guardMs, duringMs } = thresholds.window;

/** Nobody looks further back than this at what came after an effect, however long it is watched. */
const longestPresentMs = 65 * 60_000;

/** Beginning and present each get this much more than a diagnosis averages over. */
const marginMs = 30_000;

/**
 * One range from before the onset until now, or two when a long time lies between. `sinceMs` asks for a present that
 * begins no later than that (such as an effect whose traces are to be seen).
 */
export function rangesAround(
  environment: string,
  onsetMs: number,
  nowMs: number,
  sinceMs = nowMs,
): readonly TimeRange[] {
  const fromMs = onsetMs - guardMs - baselineMs;
  const beginningMs = onsetMs + duringMs + marginMs;
  const presentMs = Math.max(Math.min(nowMs, sinceMs) - duringMs - marginMs, nowMs - longestPresentMs);
  if (presentMs <= beginningMs) return [{ environment, fromMs, toMs: nowMs }];
  return [
    { environment, fromMs, toMs: beginningMs },
    { environment, fromMs: presentMs, toMs: nowMs },
  ];
}
