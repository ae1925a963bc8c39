/**
 * Time of a world in which waiting costs nothing: what sleeps is woken at once, with the clock moved on. What really takes its
 * time (a call that is out) holds the clock, so that nobody is thought late who only runs on a slow machine.
 */
import { setTimeout as pause } from 'node:timers/promises';

export type Clock = {
  nowMs(): number;
  /** Resolves when so much has passed here. `realMs` of it pass outside, too, for what works there meanwhile. */
  sleep(ms: number): Promise<void>;
  /** What happens after so long, before anything that sleeps for longer goes on. */
  after(ms: number, happen: () => Promise<void>): void;
  /** No time passes here while this goes on, but for what really passes. */
  hold<T>(work: Promise<T>): Promise<T>;
  /** What was to happen later happens now. */
  settle(): Promise<void>;
};

/** `machineMs`: the time that really passes; one that stands still leaves nothing to the speed of the machine. */
export function createClock(realMs = 0, machineMs: () => number = Date.now): Clock {
  let skippedMs = 0;
  // Whole milliseconds, as from any clock of a machine.
  const nowMs = (): number => machineMs() + Math.round(skippedMs);
  const due: { readonly atMs: number; readonly happen: () => Promise<void> }[] = [];
  const holding = new Set<Promise<unknown>>();

  const isHeld = async (): Promise<void> => {
    while (holding.size > 0) await Promise.allSettled(holding);
  };

  async function happenUntil(untilMs: number): Promise<void> {
    for (;;) {
      due.sort((one, other) => one.atMs - other.atMs);
      const [next] = due;
      if (next === undefined || next.atMs > untilMs) return;
      due.shift();
      skippedMs += Math.max(0, next.atMs - nowMs());
      await next.happen();
    }
  }

  return {
    nowMs,
    async sleep(ms) {
      const wakeMs = nowMs() + ms;
      await pause(realMs);
      await isHeld();
      await happenUntil(wakeMs);
      await isHeld();
      skippedMs += Math.max(0, wakeMs - nowMs());
    },
    after: (ms, happen) => void due.push({ atMs: nowMs() + ms, happen }),
    async hold(work) {
      holding.add(work);
      try {
        return await work;
      } finally {
        holding.delete(work);
      }
    },
    settle: () => happenUntil(Number.MAX_SAFE_INTEGER),
  };
}
