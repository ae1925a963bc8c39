// The state of the parts Sentinel stands on, for pages: looking at everything may take seconds when something is down, and
// that is when pages must not wait. The last look is shown; a new one is taken beside it.

import type { ComponentHealth } from '../ports.ts';

const freshMs = 5_000;
const patienceMs = 150;

/** Null while the first look has not come back. */
export type LatestComponents = () => Promise<readonly ComponentHealth[] | null>;

export function latestComponents(
  look: () => Promise<readonly ComponentHealth[]>,
  nowMs: () => number,
): LatestComponents {
  let last: { atMs: number; components: readonly ComponentHealth[] } | null = null;
  let looking: Promise<void> | null = null;
  const lookAgain = (): Promise<void> => {
    looking ??= look()
      .then((components) => {
        last = { atMs: nowMs(), components };
      })
      .catch(() => {})
      .finally(() => {
        looking = null;
      });
    return looking;
  };
  return async () => {
    if (last !== null && nowMs() - last.atMs < freshMs) return last.components;
    const fresh = lookAgain();
    if (last === null) await Promise.race([fresh, new Promise((resolve) => setTimeout(resolve, patienceMs))]);
    return last?.components ?? null;
  };
}
