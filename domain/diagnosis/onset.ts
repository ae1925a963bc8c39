// When a service's own trouble began, from the seconds themselves: what came first points at the cause.

import type { CallBucket } from '../telemetry.ts';
import { type CallStats, ratio } from './call-stats.ts';
import { thresholds } from './thresholds.ts';
import type { Windows } from './windows.ts';

type Second = { requests: number; ownErrors: number; self: number };

/**
 * First second, not earlier than shortly before the reported onset, in which own errors or self time left their range
 * and were out of it again within the next two seconds (one bad second is noise). Null when none did.
 */
export function callOnset(
  buckets: readonly CallBucket[],
  stats: CallStats,
  windows: Windows,
  onsetMs: number,
): number | null {
  if (!stats.ownErrors.up && !stats.selfTime.up) return null;
  const fromMs = Math.max(windows.before.fromMs, onsetMs - thresholds.onset.lookBackMs);
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
  const errorBar = Math.max(
    stats.before.requests === 0 ? 0 : stats.ownErrors.before * 2,
    stats.ownErrors.now / 3,
  );
  const selfBar = (stats.selfTime.before + stats.selfTime.now) / 2;
  const bad = (second: Second | undefined) =>
    second !== undefined &&
    ((stats.ownErrors.up && second.ownErrors > 0 && ratio(second.ownErrors, second.requests) >= errorBar) ||
      (stats.selfTime.up && second.self >= selfBar));
  const inOrder = [...seconds.keys()].sort((a, b) => a - b);
  for (const atMs of inOrder) {
    const again = bad(seconds.get(atMs + 1_000)) || bad(seconds.get(atMs + 2_000));
    if (bad(seconds.get(atMs)) && again) return atMs;
  }
  return null;
}

/** The earliest of some instants; null for none. */
export function earliest(instants: readonly (number | null)[]): number | null {
  const known = instants.filter((instant) => instant !== null);
  return known.length === 0 ? null : Math.min(...known);
}
