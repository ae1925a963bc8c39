// What is known of one kind of object: the facts that matter, by uid, kept current by a list and a watch. What was seen before is
// compared with what is seen now, so that a list that comes again tells nothing twice.

import type { z } from 'zod';
import type { Sink } from './follow.ts';

export type Fact = { readonly uid: string };

export type Heard<F extends Fact> = {
  /** Null: there was none. */
  readonly before: F | null;
  /** Null: it is gone. */
  readonly after: F | null;
  /** It is part of what was there already when Sentinel began to look: no news. */
  readonly initial: boolean;
};

/** More than any cluster has of one kind: beyond it something is wrong, and memory has an end. */
export const mostObjects = 50_000;

export type Collection<F extends Fact> = Sink & {
  readonly all: ReadonlyMap<string, F>;
  /** How much further than ours the server's clock is; null while that is not known. */
  aheadMs(): number | null;
  /** How many there was no room for, or that could not be read. */
  leftOut(): number;
};

export function createCollection<S extends z.ZodType, F extends Fact>(
  schema: S,
  factOf: (object: z.output<S>) => F | null,
  heard: (change: Heard<F>) => void,
  nowMs: () => number,
): Collection<F> {
  const all = new Map<string, F>();
  let listed: Set<string> | null = null;
  let first = true;
  let aheadMs: number | null = null;
  let leftOut = 0;

  function read(object: unknown): F | null {
    const parsed = schema.safeParse(object);
    if (parsed.success) return factOf(parsed.data);
    leftOut += 1;
    return null;
  }

  function remove(uid: string): void {
    const before = all.get(uid);
    if (before === undefined) return;
    all.delete(uid);
    heard({ before, after: null, initial: first });
  }

  return {
    all,
    aheadMs: () => aheadMs,
    leftOut: () => leftOut,
    begin() {
      listed = new Set();
      leftOut = 0;
    },
    put(object) {
      const after = read(object);
      if (after === null) return;
      const before = all.get(after.uid) ?? null;
      if (before === null && all.size >= mostObjects) {
        leftOut += 1;
        return;
      }
      listed?.add(after.uid);
      all.set(after.uid, after);
      heard({ before, after, initial: first });
    },
    complete(serverMs) {
      for (const uid of [...all.keys()]) if (listed?.has(uid) === false) remove(uid);
      listed = null;
      first = false;
      if (serverMs !== null) aheadMs = serverMs - nowMs();
    },
    gone(object) {
      const fact = read(object);
      if (fact !== null) remove(fact.uid);
    },
  };
}
