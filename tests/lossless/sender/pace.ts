/** So many a second, and never further than the one who plays the faults allows: no fault finds the traffic over. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Pace {
  /** Resolves when the next one may be sent. */
  next(): Promise<void>;
  /** How many more of `most` may be sent right behind it. */
  more(most: number): number;
  /** So many have their final answer. */
  done(count: number): void;
  readonly finished: number;
  /** How many may be sent in all, from now on. */
  allow(count: number): void;
}

const lookMs = 20;
/** What was missed may be made up for, within this time. */
const burstMs = 500;

export function createPace(perSecond: number): Pace {
  let begun = 0;
  let finished = 0;
  let allowed = 0;
  let dueMs = 0;
  return {
    async next() {
      while (begun >= allowed) await pause(lookMs);
      begun += 1;
      dueMs = Math.max(dueMs, performance.now() - burstMs) + 1_000 / perSecond;
      const early = dueMs - performance.now();
      if (early > 0) await pause(early);
    },
    more(most) {
      const count = Math.max(0, Math.min(most, allowed - begun));
      begun += count;
      dueMs += (count * 1_000) / perSecond;
      return count;
    },
    done(count) {
      finished += count;
    },
    get finished() {
      return finished;
    },
    allow(count) {
      allowed = Math.max(allowed, count);
    },
  };
}
