// Whether calls that should have been heard of were not: a stopped service, a hung one, or a dead exporter.

import type { Aggregate, CallStats } from './call-stats.ts';
import { atLeast, coarseFromMs } from './paces.ts';
import { thresholds } from './thresholds.ts';
import { lengthSeconds } from './windows.ts';

/** Below this share of the former rate a series counts as stopped: health checks and stragglers still trickle. */
const trickle = 0.1;

/** Since when a series that used to speak says nothing; null when it speaks, or never spoke enough to tell. */
export function silentSince(
  stats: Pick<CallStats, 'before' | 'recent' | 'lastSeenMs' | 'windows'>,
): number | null {
  const { windows } = stats;
  const { minExpected } = thresholds.silence;
  // One report that is late is no silence.
  const minMs = atLeast(thresholds.silence.minMs, 2, windows.stepMs);
  const rate = stats.before.ratePerSecond;
  const quietFromMs = Math.max(stats.lastSeenMs + 1_000, windows.gapUntilMs);
  const quietMs = windows.dataEndMs - quietFromMs;
  if (quietMs >= minMs && (rate * quietMs) / 1000 >= minExpected) return quietFromMs;
  const late = windows.stepMs >= coarseFromMs && stats.lastSeenMs < windows.recent.fromMs;
  if (late || windows.recent.fromMs < windows.gapUntilMs) return null;
  const expected = rate * lengthSeconds(windows.recent);
  const trickles = expected >= minExpected * 2 && stats.recent.requests <= expected * trickle;
  return trickles ? windows.recent.fromMs : null;
}

/**
 * Whether callers still try. Time-outs slow callers down and bound how many calls end per second, so a fifth of the
 * former rate is enough.
 */
export function inboundContinues(inbound: CallStats): boolean {
  const now: Aggregate = inbound.recent.requests > 0 ? inbound.recent : inbound.during;
  if (inbound.before.requests === 0) return now.requests > 0;
  return silentSince(inbound) === null && now.ratePerSecond >= inbound.before.ratePerSecond * 0.2;
}
