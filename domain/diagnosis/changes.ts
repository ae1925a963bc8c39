// Which change of a service came shortly before its trouble, and how much that closeness weighs.

import type { KnownChange } from './input.ts';
import type { Onset } from './onset.ts';
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
  { atMs: onsetMs, withinMs }: Onset,
): SuspectChange | null {
  const { toleranceMs, maxAgeMs, halfWeightMs } = thresholds.change;
  let best: SuspectChange | null = null;
  for (const change of changes) {
    const gapMs = onsetMs - change.atMs;
    if (change.type !== type || gapMs < -Math.max(toleranceMs, withinMs) || gapMs > maxAgeMs) continue;
    if (best !== null && best.gapMs <= gapMs) continue;
    // As far as the onset may be late by itself the age counts for little: enough to prefer the closer of two changes.
    const ageMs = Math.max(0, withinMs === 0 ? gapMs : Math.max(gapMs - withinMs, gapMs / 10));
    best = { change, gapMs, weight: 1 / (1 + ageMs / halfWeightMs) };
  }
  return best?.change.ownIntent === undefined ? best : null;
}
