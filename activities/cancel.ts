// Stops what a vendor has taken on, where the vendor can and nothing but the stop itself forbids the call: one more call of the same
// effect, after its deadline or because a person said stop. It never begins anything.

import { inBounds } from './follow.ts';
import type { Executor, Handle, Polled } from './ports/executor.ts';
import type { Gate, StoredIntent } from './ports.ts';
import { permitFor } from './send.ts';

/** One question to a vendor. */
const cancelTimeoutMs = 30_000;

export type Cancellation =
  /** It has ended; what it came to. */
  | { readonly kind: 'ended'; readonly came: Exclude<Polled, { kind: 'running' | 'unknown' }> }
  /** The executor has no way to stop it. */
  | { readonly kind: 'cannot' }
  /** It goes on, as far as is known; in words, why. */
  | { readonly kind: 'goes-on'; readonly why: string };

export async function cancelUnderWay(
  gate: Pick<Gate, 'permit'>,
  executor: Executor,
  { intent, send }: StoredIntent,
  handle: Handle,
  leased: AbortSignal,
): Promise<Cancellation> {
  if (executor.cancel === undefined || send === null) return { kind: 'cannot' };
  const permit = permitFor(gate, intent, send.number, leased, 'cancel');
  const permitted = await permit();
  if (!permitted.ok) return { kind: 'goes-on', why: `it was not cancelled: ${permitted.reason}` };
  try {
    const signal = AbortSignal.any([leased, AbortSignal.timeout(cancelTimeoutMs)]);
    const came = inBounds(await executor.cancel(intent, handle, { ...send, signal, permit }));
    if (came.kind === 'running')
      return { kind: 'goes-on', why: `it is still ending: ${came.progress.words}` };
    if (came.kind === 'unknown') return { kind: 'goes-on', why: `cancelling it: ${came.reason}` };
    return { kind: 'ended', came };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { kind: 'goes-on', why: `cancelling it had no answer: ${said}` };
  }
}
