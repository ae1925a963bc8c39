// Which values of a metric were told: AWS adds some late, so the last periods are read again, and each period is told once.

import { z } from 'zod';
import type { Point } from './api.ts';

/** What came later than this is not told. */
const againMs = 10 * 60_000;
const leastPeriodsAgain = 3;
const mostOpen = 200;

export const storedTaken = z.object({ newestMs: z.number(), open: z.array(z.number()).max(mostOpen) });
export type StoredTaken = z.output<typeof storedTaken>;

export type Taken = {
  /** From when on it has to be read; null: nothing was told yet. */
  fromMs(): number | null;
  /** Those of the points that were not told yet. */
  fresh(points: readonly Point[]): readonly Point[];
  /** These are told. */
  told(points: readonly Point[]): void;
  stored(): StoredTaken | null;
};

export function createTaken(periodSeconds: number, known: StoredTaken | null): Taken {
  const periodMs = periodSeconds * 1_000;
  /** How far apart its values are in truth: basic monitoring writes every five minutes, whatever is asked for. */
  let intervalMs = periodMs;
  let newestMs = known?.newestMs ?? null;
  let open = new Set(known?.open ?? []);

  const backMs = (): number => Math.max(againMs, leastPeriodsAgain * intervalMs);
  const isFresh = ({ atMs }: Point): boolean => newestMs === null || atMs > newestMs || open.has(atMs);

  return {
    fromMs: () => (newestMs === null ? null : newestMs - backMs()),
    fresh: (points) => points.filter(isFresh),
    told(points) {
      const gaps = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? atMs));
      if (gaps.length > 0) intervalMs = Math.max(periodMs, Math.min(...gaps));
      for (const { atMs } of points) {
        for (let missing = (newestMs ?? atMs) + periodMs; missing < atMs; missing += periodMs)
          open.add(missing);
        open.delete(atMs);
        newestMs = Math.max(newestMs ?? atMs, atMs);
      }
      const earliestMs = (newestMs ?? 0) - backMs();
      open = new Set([...open].filter((atMs) => atMs > earliestMs).slice(-mostOpen));
    },
    stored: () => (newestMs === null ? null : { newestMs, open: [...open] }),
  };
}
