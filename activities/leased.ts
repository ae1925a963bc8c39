// Keeps a target to its effect for as long as it takes, so that nobody else is let near it with a call under way. Where that
// cannot be kept up, the calls of the effect are told to end, and none follows.

import { targetText } from '../domain/inventory/target.ts';
import type { Intent } from '../domain/remediation/intent.ts';
import type { Gate, Logger } from './ports.ts';

/** A third of the shortest lease that can be configured. */
const renewEveryMs = 3_000;

/** `signal` aborts when the target may be somebody else's; its reason says why. */
export type Leased = { readonly signal: AbortSignal };

export async function whileLeased<T>(
  { gate, logger }: { readonly gate: Pick<Gate, 'renew' | 'leaseMs'>; readonly logger: Logger },
  { id, target }: Intent,
  work: (lease: Leased) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let keptAtMs = performance.now();
  const lose = (why: string): void => {
    if (lost.signal.aborted) return;
    logger.warn({ intentId: id, reason: why }, 'a lease was lost');
    lost.abort(new Error(`the lease of ${targetText(target)} was lost: ${why}`));
  };
  const renew = async (): Promise<void> => {
    const askedAtMs = performance.now();
    try {
      if (await gate.renew(id)) keptAtMs = askedAtMs;
      else lose('somebody came after it');
    } catch (error) {
      logger.warn({ intentId: id, err: error }, 'a lease could not be renewed');
    }
  };
  const timer = setInterval(() => {
    // Also while the store does not answer at all.
    if (performance.now() - keptAtMs >= gate.leaseMs) lose('it could not be renewed in time');
    else void renew();
  }, renewEveryMs);
  try {
    return await work({ signal: lost.signal });
  } finally {
    clearInterval(timer);
  }
}
