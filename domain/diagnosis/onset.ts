// When a service's own trouble began, from the seconds themselves: what came first points at the cause.

import type { CallBucket } from '../telemetry.ts';
import { type CallStats, type Rise, ratio } from './call-stats.ts';
import { atLeast, coarseFromMs } from './paces.ts';
import { median } from './statistics.ts';
import { thresholds } from './thresholds.ts';
import type { Windows } from './windows.ts';

type Second = { requests: number; ownErrors: number; self: number };

const spanMs = 5_000;

/**
 * First second, not earlier than shortly before the reported onset, that is bad itself and begins a stretch of five
 * seconds that is bad as a whole: one bad second is noise. Of a symptom that is over nothing else began. Null when there is
 * none.
 */
export function callOnset(
  buckets: readonly CallBucket[],
  { ownErrors, selfTime, windows }: CallStats,
  onsetMs: number,
): number | null {
  if (!ownErrors.up && !selfTime.up) return null;
  const anyLasts = [ownErrors, selfTime].some(({ up, gone }) => up && !gone);
  const counts = ({ up, gone }: Rise) => up && !(gone && anyLasts);
  const seconds = perSecond(
    buckets,
    Math.max(windows.before.fromMs, onsetMs - atLeast(thresholds.onset.lookBackMs, 2, windows.stepMs)),
    windows,
  );
  const errorBar = ownErrors.before + (ownErrors.now - ownErrors.before) / 2;
  const selfBar = (selfTime.before + selfTime.now) / 2;
  const coarse = windows.stepMs >= coarseFromMs;
  const inOrder = [...seconds].sort(([a], [b]) => a - b);
  for (const [atMs, second] of inOrder) {
    const failing = counts(ownErrors) && second.ownErrors > 0;
    const slow = counts(selfTime) && second.self >= selfBar;
    if (!failing && !slow) continue;
    const stretch = inOrder
      .filter(([other]) => other >= atMs && other < atMs + atLeast(spanMs, 1, windows.stepMs))
      .map(([, one]) => one);
    const requests = stretch.reduce((sum, one) => sum + one.requests, 0);
    const errors = stretch.reduce((sum, one) => sum + one.ownErrors, 0);
    if (failing && errors >= 2 && ratio(errors, requests) >= errorBar) return atMs;
    if (slow && stretch.length >= (coarse ? 1 : 2) && median(stretch.map(({ self }) => self)) >= selfBar)
      return atMs;
  }
  return null;
}

function perSecond(buckets: readonly CallBucket[], fromMs: number, windows: Windows): Map<number, Second> {
  const seconds = new Map<number, Second>();
  for (const { atMs, count, ownErrors, selfTimeP50Ms } of buckets) {
    if (atMs < fromMs || atMs >= windows.dataEndMs) continue;
    const key = Math.floor(atMs / 1000) * 1000;
    const second = seconds.get(key) ?? { requests: 0, ownErrors: 0, self: 0 };
    second.requests += count;
    second.ownErrors += ownErrors;
    second.self = Math.max(second.self, selfTimeP50Ms);
    seconds.set(key, second);
  }
  return seconds;
}

/** When trouble began, and how much earlier or later it may have been: no better known than samples come. */
export type Onset = { readonly atMs: number; readonly withinMs: number };

/** What a sample every `stepMs` shows began at any time since the one before it, and its sender's clock is its own. */
export function onsetIn(atMs: number | null | undefined, stepMs: number): Onset | null {
  return atMs === null || atMs === undefined
    ? null
    : { atMs, withinMs: stepMs < coarseFromMs ? 0 : 2 * stepMs };
}

/** The earliest of some instants; null for none. */
export function earliest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : Math.min(...known);
}
