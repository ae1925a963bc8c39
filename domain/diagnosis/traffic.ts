// How much the demand on a service changed.

import type { CallStats } from './call-stats.ts';
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

/** A saturated service answers no more than before, so its callers' side counts too, whichever rose more. */
export function traffic(server: CallStats | null, inbound: CallStats | null, windows: Windows): Traffic {
  const views = [server, inbound].filter((stats) => stats !== null).map((stats) => compare(stats, windows));
  return views.reduce((best, view) => (view.factor > best.factor || best === unknown ? view : best), unknown);
}

function compare({ before, during, recent }: CallStats, windows: Windows): Traffic {
  if (before.requests === 0) return unknown;
  const nowPerSecond = Math.max(during.ratePerSecond, recent.ratePerSecond);
  const factor = nowPerSecond / before.ratePerSecond;
  // Arrivals are counted, so chance moves them by the root of their number.
  const expected = before.ratePerSecond * lengthSeconds(windows.during);
  const beyondChance = during.requests - expected >= 4 * Math.sqrt(expected);
  const up = beyondChance && during.ratePerSecond >= before.ratePerSecond * thresholds.traffic.surgeFactor;
  return { factor, up, beforePerSecond: before.ratePerSecond, nowPerSecond };
}
