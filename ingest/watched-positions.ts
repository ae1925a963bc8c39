// How far a watched system has been read: taken up again by the process after this one, and kept when all of it is stored.

import type { WatchPositions } from './ports.ts';

export type ReadInOrder = {
  readonly name: string;
  /** Goes on where an earlier process had come to. */
  resume?(environment: string, position: string): void;
  /** Everything of the last answer is told: the next begins behind it. How far that is, for `resume`; null while nothing is known. */
  told?(environment: string): string | null;
};

export type PositionKeeper = {
  /** Before the first question about an environment. Throws when it is not known how far the process before came. */
  resume(environment: string): Promise<void>;
  /** Everything of the last answer is told; `stored`: for good. */
  told(environment: string, stored: boolean): Promise<void>;
};

export function createPositionKeeper(one: ReadInOrder, positions: WatchPositions): PositionKeeper {
  const resumed = new Set<string>();
  const kept = new Map<string, string>();
  return {
    async resume(environment) {
      if (one.resume === undefined || resumed.has(environment)) return;
      const position = await positions.last(one.name, environment);
      if (position !== null) one.resume(environment, position);
      resumed.add(environment);
    },
    async told(environment, stored) {
      const position = one.told?.(environment) ?? null;
      // What only waits to be stored would be lost with this process.
      if (position === null || !stored || kept.get(environment) === position) return;
      await positions.keep(one.name, environment, position);
      kept.set(environment, position);
    },
  };
}
