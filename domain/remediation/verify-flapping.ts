// A symptom that comes and goes: it is over only when it has stayed away for longer than it ever did between two bouts.

import { aggregate, latencyRose, ratio } from '../diagnosis/call-stats.ts';
import { inside, type Window } from '../diagnosis/windows.ts';
import type { CallBucket } from '../telemetry.ts';

/** Longest absence that is asked for: what comes back more rarely is a matter of its own. */
const longestQuietMs = 120_000;
/** How much longer than the longest pause so far. */
const margin = 1.5;
const secondMs = 1_000;

/** A second with samples, and whether it shows the symptom. */
export type Moment = { readonly atMs: number; readonly bad: boolean };

/**
 * How much longer the symptom has to stay away, in ms; 0 when it has for long enough, or never paused. `moments` in order;
 * what lies between two of them that are far apart is not known, and so no pause.
 */
export function restlessMs(moments: readonly Moment[], endMs: number, intervalMs: number): number {
  const holeMs = Math.max(10 * secondMs, 5 * intervalMs);
  let longestMs = 0;
  let goodSinceMs: number | null = null;
  let lastBadMs: number | null = null;
  let previousMs: number | null = null;
  for (const { atMs, bad } of moments) {
    if (previousMs !== null && atMs - previousMs > holeMs) goodSinceMs = null;
    previousMs = atMs;
    if (bad) {
      if (lastBadMs !== null && goodSinceMs !== null) longestMs = Math.max(longestMs, atMs - goodSinceMs);
      goodSinceMs = null;
      lastBadMs = atMs;
    } else goodSinceMs ??= atMs;
  }
  if (lastBadMs === null) return 0;
  const awayMs = endMs - lastBadMs - secondMs;
  return Math.max(0, Math.min(longestQuietMs, longestMs * margin) - awayMs);
}

/** Bad are seconds in which so many calls failed that they look more like the worst of the incident than like before it. */
export function failing(rows: readonly CallBucket[], within: Window, limit: number): readonly Moment[] {
  return bySecond(rows, within).map(([atMs, second]) => {
    const { requests, errors } = aggregate(second, within);
    return { atMs, bad: errors > 0 && ratio(errors, requests) >= limit };
  });
}

/** Bad are seconds that were slower than usual, and more like the slowest of the incident than like before it. */
export function slow(
  rows: readonly CallBucket[],
  within: Window,
  normal: { readonly level: number; readonly spread: number },
  figure: 'p50Ms' | 'p95Ms',
): readonly Moment[] {
  const seconds = bySecond(rows, within).map(
    ([atMs, second]) => [atMs, aggregate(second, within)[figure]] as const,
  );
  const sorted = seconds.map(([, value]) => value).sort((a, b) => a - b);
  const worst = sorted[Math.floor(sorted.length * 0.9)] ?? 0;
  const limit = (normal.level + worst) / 2;
  return seconds.map(([atMs, value]) => ({
    atMs,
    bad: value >= limit && latencyRose(normal.level, normal.spread, value),
  }));
}

function bySecond(rows: readonly CallBucket[], within: Window): (readonly [number, readonly CallBucket[]])[] {
  const mine = rows.filter(({ atMs, count }) => count > 0 && inside(atMs, within));
  const seconds = Map.groupBy(mine, ({ atMs }) => Math.floor(atMs / secondMs) * secondMs);
  return [...seconds].sort(([a], [b]) => a - b);
}
