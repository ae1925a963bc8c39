// How long to wait before a delivery is tried again.

const firstMs = 1_000;
const longestMs = 60_000;
/** What only a person can repair is looked at again this often. */
const blockedMs = 120_000;

/**
 * Doubles with every failure in a row up to a minute, and differs by up to half, so that a hundred incidents that failed
 * together do not come back together. `chance` is 0..1.
 */
export function pauseAfterFailure(failuresBefore: number, blocked: boolean, chance: number): number {
  const longest = blocked ? blockedMs : Math.min(longestMs, firstMs * 2 ** Math.min(failuresBefore, 16));
  return Math.round(longest * (0.5 + chance / 2));
}
