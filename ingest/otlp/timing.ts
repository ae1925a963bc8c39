// Whether a sender's timestamp can be used.

import type { DecodeContext } from './attributes.ts';
import type { RejectReason } from './tally.ts';

/** Null when fine. NaN counts as no timestamp. */
export function timeProblem(
  atMs: number,
  context: Pick<DecodeContext, 'nowMs' | 'limits'>,
): RejectReason | null {
  if (!(atMs > 0)) return 'no-timestamp';
  if (atMs > context.nowMs + context.limits.maxFutureMs) return 'in-future';
  if (atMs < context.nowMs - context.limits.maxPastMs) return 'too-old';
  return null;
}
