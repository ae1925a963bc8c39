// The stretches of time a diagnosis compares: before the disturbance, during it, and right now.

import type { DiagnosisInput } from './input.ts';
import { thresholds } from './thresholds.ts';

/** Half open: `fromMs` ≤ t < `toMs`. */
export type Window = { readonly fromMs: number; readonly toMs: number };

export type Windows = {
  readonly before: Window;
  readonly during: Window;
  readonly recent: Window;
  readonly tail: Window;
  /** End of the newest complete second of data: silence is measured from here, not from a clock. */
  readonly dataEndMs: number;
};

const bucketMs = 1_000;

/**
 * Cuts the windows from what data there is. The baseline starts at the first data seen, so that a short history
 * does not look like little traffic; data dated after `nowMs` is ignored.
 */
export function cutWindows(input: Pick<DiagnosisInput, 'calls' | 'metrics' | 'nowMs' | 'onsetMs'>): Windows {
  const { nowMs, onsetMs } = input;
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const rows of [input.calls, input.metrics]) {
    for (const { atMs } of rows) {
      if (atMs > nowMs) continue;
      if (atMs < firstMs) firstMs = atMs;
      if (atMs > lastMs) lastMs = atMs;
    }
  }
  const dataEndMs = lastMs === Number.NEGATIVE_INFINITY ? nowMs : Math.min(nowMs, lastMs + bucketMs);
  const { baselineMs, guardMs, duringMs, recentMs, tailMs } = thresholds.window;
  const beforeToMs = onsetMs - guardMs;
  return {
    before: { fromMs: Math.max(beforeToMs - baselineMs, Math.min(firstMs, beforeToMs)), toMs: beforeToMs },
    during: { fromMs: Math.max(onsetMs, dataEndMs - duringMs), toMs: dataEndMs },
    recent: { fromMs: dataEndMs - recentMs, toMs: dataEndMs },
    tail: { fromMs: dataEndMs - tailMs, toMs: dataEndMs },
    dataEndMs,
  };
}

export function inside(atMs: number, window: Window): boolean {
  return atMs >= window.fromMs && atMs < window.toMs;
}

/** Length in seconds, at least one, for rates. */
export function lengthSeconds(window: Window): number {
  return Math.max(1, (window.toMs - window.fromMs) / 1000);
}
