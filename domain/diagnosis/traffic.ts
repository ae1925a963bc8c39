// How much the demand on a service changed.

import type { CallBucket } from '../telemetry.ts';
import { aggregate, type CallStats } from './call-stats.ts';
import { atLeast } from './paces.ts';
import { thresholds } from './thresholds.ts';
import { lengthSeconds, type Windows } from './windows.ts';

export type Traffic = {
  /** Calls per second now over before; 1 when there is no past to compare with. */
  readonly factor: number;
  readonly up: boolean;
  readonly beforePerSecond: number;
  readonly nowPerSecond: number;
};

const unknown: Traffic = { factor: 1, up: false, beforePerSecond: 0, nowPerSecond: 0 };

/** One side of the calls of a service: its figures, and the rows they are made of. */
export type CallView = { readonly stats: CallStats | null; readonly buckets: readonly CallBucket[] };

/** A saturated service answers no more than before, so its callers' side counts too, whichever rose more. */
export function traffic(sides: readonly CallView[]): Traffic {
  const views = sides.map(compare);
  return views.reduce((best, view) => (view.factor > best.factor || best === unknown ? view : best), unknown);
}

function compare({ stats, buckets }: CallView): Traffic {
  if (stats === null) return unknown;
  const { during, recent, windows } = stats;
  const before = heardBefore(stats, buckets, windows);
  if (before === null || before.requests === 0) return unknown;
  const nowPerSecond = Math.max(during.ratePerSecond, recent.ratePerSecond);
  const factor = nowPerSecond / before.ratePerSecond;
  // Arrivals are counted, so chance moves them by the root of their number.
  const expected = before.ratePerSecond * lengthSeconds(windows.during);
  const beyondChance = during.requests - expected >= 4 * Math.sqrt(expected);
  const up = beyondChance && during.ratePerSecond >= before.ratePerSecond * thresholds.traffic.surgeFactor;
  return { factor, up, beforePerSecond: before.ratePerSecond, nowPerSecond };
}

/** Seconds in which Sentinel heard nothing are no seconds without calls: the past counts from their end, if there is enough. */
function heardBefore(
  stats: CallStats,
  buckets: readonly CallBucket[],
  { before, gapUntilMs, stepMs }: Windows,
): Pick<CallStats['before'], 'requests' | 'ratePerSecond'> | null {
  if (gapUntilMs <= before.fromMs) return stats.before;
  if (before.toMs - gapUntilMs < atLeast(thresholds.traffic.minPastMs, 3, stepMs)) return null;
  return aggregate(buckets, { fromMs: gapUntilMs, toMs: before.toMs });
}
