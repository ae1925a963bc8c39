// Which change of a service came shortly before its trouble, and how much that closeness weighs.

import type { KnownChange } from './input.ts';
import { thresholds } from './thresholds.ts';

export type SuspectChange = {
  readonly change: KnownChange;
  readonly gapMs: number;
  /** 1 for a change at the onset, falling with the time between. */
  readonly weight: number;
};

/**
 * The last change of a type before `onsetMs`; a change after it caused nothing. None when that was Sentinel's own: what was there
 * before is what it was taken back from, or was no help, so going back once more is no remedy.
 */
export function closestChange(
  changes: readonly KnownChange[],
  type: string,
  onsetMs: number,
): SuspectChange | null {
  const { toleranceMs, maxAgeMs, halfWeightMs } = thresholds.change;
  let best: SuspectChange | null = null;
  for (const change of changes) {
    const gapMs = onsetMs - change.atMs;
    if (change.type !== type || gapMs < -toleranceMs || gapMs > maxAgeMs) continue;
    if (best !== null && best.gapMs <= gapMs) continue;
    best = { change, gapMs, weight: 1 / (1 + Math.max(0, gapMs) / halfWeightMs) };
  }
  return best?.change.ownIntent === undefined ? best : null;
}
