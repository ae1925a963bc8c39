// The stretches of time a verification compares, and the judgement of one series.

import { thresholds } from '../diagnosis/thresholds.ts';
import type { Window } from '../diagnosis/windows.ts';
import type { VerificationConfig } from './verify-config.ts';

export type VerificationTimes = {
  readonly before: Window;
  readonly during: Window;
  /** From when samples may speak for the state after the effect. */
  readonly freshFromMs: number;
  readonly nowMs: number;
};

/** Judgement of one series; `ok` null: too few fresh samples to tell. */
export type Judged = {
  readonly seriesKey: string;
  readonly before: number;
  readonly during: number;
  readonly after: number;
  readonly ok: boolean | null;
  readonly samples: number;
  /** Seconds of fresh samples behind the judgement. */
  readonly freshSeconds: number;
  /** Bad over the window, but its newest seconds look better: waiting may still help. */
  readonly improving?: boolean;
  /** A word for people: what was judged. */
  readonly what: string;
};

export function cutTimes(
  given: { readonly onsetMs: number; readonly effectAtMs: number | null; readonly nowMs: number },
  config: VerificationConfig,
): VerificationTimes {
  const { onsetMs, effectAtMs, nowMs } = given;
  const { guardMs, baselineMs, delayMs } = thresholds.window;
  const windowMs = config.windowSeconds * 1000;
  // Without an effect the question is whether the last stretch was normal; data may be a little behind the clock.
  const freshFromMs =
    effectAtMs === null
      ? Math.max(onsetMs, nowMs - delayMs - windowMs)
      : effectAtMs + config.settleSeconds * 1000;
  return {
    before: { fromMs: onsetMs - guardMs - baselineMs, toMs: onsetMs - guardMs },
    during: { fromMs: onsetMs, toMs: Math.max(onsetMs + 1_000, effectAtMs ?? freshFromMs) },
    freshFromMs,
    nowMs,
  };
}

/**
 * The newest stretch of `windowSeconds` of a series that ends with its own newest sample, within what is fresh. Null
 * when its samples are stale: a series that stopped says nothing about now.
 */
export function newestWindow(
  rows: readonly { readonly atMs: number }[],
  times: VerificationTimes,
  config: VerificationConfig,
): Window | null {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of rows) if (atMs <= times.nowMs && atMs > lastMs) lastMs = atMs;
  const toMs = lastMs + 1_000;
  if (lastMs < times.freshFromMs || times.nowMs - toMs > config.staleSeconds * 1000) return null;
  return { fromMs: Math.max(times.freshFromMs, toMs - config.windowSeconds * 1000), toMs };
}
