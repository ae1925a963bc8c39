// A symptom twice as far from normal as it was before the action: what was done is taken back sooner than what merely did not help.

import type { VerificationConfig } from './verify-config.ts';
import type { Judged } from './verify-windows.ts';

const worseTimes = 2;

/** In half of the time that a symptom gets to show that it stays, and not by one sample of a slow series. */
export function isWorse(
  { ok, before, during, after, improving, freshSeconds, intervalMs = 1_000 }: Judged,
  { stillBadSeconds }: Pick<VerificationConfig, 'stillBadSeconds'>,
): boolean {
  const was = during - before;
  return (
    ok === false &&
    improving !== true &&
    was !== 0 &&
    (after - before) / was >= worseTimes &&
    freshSeconds >= Math.max(stillBadSeconds / 2, intervalMs / 1000)
  );
}
