// What pages show of the world around Sentinel: looking may take seconds when something is down, and that is when pages
// must not wait. The last look is shown; a new one is taken beside it, one for everybody who has a page open.

const freshMs = 5_000;
const patienceMs = 150;

/** Null while the first look has not come back. */
export type Latest<T> = () => Promise<T | null>;

export function latestOf<T>(look: () => Promise<T>, nowMs: () => number): Latest<T> {
  let last: { atMs: number; seen: T } | null = null;
  let looking: Promise<void> | null = null;
  const lookAgain = (): Promise<void> => {
    looking ??= look()
      .then((seen) => {
        last = { atMs: nowMs(), seen };
      })
      .catch(() => {})
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  return async () => {
    if (last !== null && nowMs() - last.atMs < freshMs) return last.seen;
    const fresh = lookAgain();
    if (last === null) await Promise.race([fresh, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
    return last?.seen ?? null;
  };
}
