// The stretches of time a diagnosis compares: before the disturbance, during it, and right now.

import type { DiagnosisInput } from './input.ts';
import { thresholds } from './thresholds.ts';

/** Half open: `fromMs` ≤ t < `toMs`. */
export type Window = { readonly fromMs: number; readonly toMs: number };

export type Windows = {
  readonly before: Window;
  /** The first seconds of the disturbance: what came and went is only seen here. */
  readonly early: Window;
  readonly during: Window;
  readonly recent: Window;
  readonly tail: Window;
  /** End of the newest complete second of data: silence is measured from here, not from a clock. */
  readonly dataEndMs: number;
  /** Silence before this says nothing, see ingest-gap.ts. */
  readonly gapUntilMs: number;
};

const bucketMs = 1_000;

/**
 * Cuts the windows of one kind of rows from what data there is: seconds of calls are complete later than points of
 * metrics. The baseline starts at the first data seen, so that a short history does not look like little traffic; data
 * dated after `nowMs` are ignored, and rows that stopped coming at all end where a delay could no longer explain it.
 */
export function cutWindows(
  rows: readonly { readonly atMs: number }[],
  { nowMs, onsetMs }: Pick<DiagnosisInput, 'nowMs' | 'onsetMs'>,
  gapUntilMs: number,
): Windows {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of rows) {
    if (atMs > nowMs) continue;
    if (atMs < firstMs) firstMs = atMs;
    if (atMs > lastMs) lastMs = atMs;
  }
  const { baselineMs, guardMs, earlyMs, duringMs, recentMs, tailMs, delayMs } = thresholds.window;
  const dataEndMs = Math.min(nowMs, Math.max(lastMs + bucketMs, nowMs - delayMs));
  const beforeToMs = onsetMs - guardMs;
  return {
    before: { fromMs: Math.max(beforeToMs - baselineMs, Math.min(firstMs, beforeToMs)), toMs: beforeToMs },
    early: { fromMs: onsetMs, toMs: Math.min(onsetMs + earlyMs, dataEndMs) },
    during: { fromMs: Math.max(onsetMs, dataEndMs - duringMs), toMs: dataEndMs },
    recent: { fromMs: dataEndMs - recentMs, toMs: dataEndMs },
    tail: { fromMs: dataEndMs - tailMs, toMs: dataEndMs },
    dataEndMs,
    gapUntilMs,
  };
}

export function inside(atMs: number, window: Window): boolean {
  return atMs >= window.fromMs && atMs < window.toMs;
}

/** Length in seconds, at least one, for rates. */
export function lengthSeconds(window: Window): number {
  return Math.max(1, (window.toMs - window.fromMs) / 1000);
}
