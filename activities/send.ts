// One call to the outside, or the reason why there is none: looks at the world, asks the store for the permission to send
// this number, and calls at once. A process that stood still in between finds out, and does not call.

import { errorMessage } from '../domain/error-message.ts';
import { targetText } from '../domain/inventory/target.ts';
import type { GateRefusal, Intent } from '../domain/remediation/intent.ts';
import { obstacle } from '../domain/remediation/obstacles.ts';
import { changedSince } from '../domain/remediation/precondition.ts';
import { plainLine } from '../domain/text.ts';
import { clocksOf, type LookUpTimings, lookOnce } from './look-up.ts';
import type { Begun, Call, Executor, Permit } from './ports/executor.ts';
import type { CallPurpose, Gate, Marked } from './ports.ts';
import { sight } from './sight.ts';
import { startStopwatch } from './stopwatch.ts';

export type Sent =
  | { readonly kind: 'answered'; readonly answer: Begun }
  /** The world has it already, although nothing was recorded of a send. */
  | { readonly kind: 'found' }
  /** Another process has sent, or settled, the intent meanwhile. */
  | { readonly kind: 'overtaken' }
  /** The permission was used up standing still: this number was recorded and not called. */
  | { readonly kind: 'late'; readonly reason: string }
  | { readonly kind: 'blocked'; readonly reason: GateRefusal; readonly detail: string };

/** What takes longer is accepted and polled; an activity may take five minutes, with its look-ups. */
const longestCallMs = 240_000;
const longestWords = 500;
const longestHandle = 2_000;

/** Sends call `number` of the intent. All calls before it are closed. */
export async function sendOnce(
  gate: Pick<Gate, 'mark' | 'permit'>,
  executor: Executor,
  intent: Intent,
  number: number,
  timings: LookUpTimings,
  /** Aborts when the target may be somebody else's. */
  leased: AbortSignal,
): Promise<Sent> {
  // What the store has forgotten (a lost commit, a restored backup) the world may still know.
  if (number === 1 && (await lookOnce(executor, intent)) === 'happened') return alreadyDone(executor, intent);
  const elapsed = startStopwatch(clocksOf(timings));
  const sighting = await sight(executor, intent.target);
  if (sighting.kind === 'unseen')
    return { kind: 'blocked', reason: 'target-unseen', detail: sighting.reason };
  const against = obstacle(intent, sighting.state);
  if (against !== null) return { kind: 'blocked', ...against };
  const changed = changedSince(intent.expects, intent, sighting.state);
  if (changed !== null) return { kind: 'blocked', reason: 'target-changed', detail: changed };

  const marked = await permission(gate, intent, number);
  if ('kind' in marked) return marked;
  if (marked.send === null) return { kind: 'overtaken' };
  const { notAfterMs, withinMs } = marked.send;
  const tookMs = Math.round(elapsed());
  if (tookMs >= withinMs)
    return { kind: 'late', reason: `this process stood still for ${tookMs} ms before the call` };
  const { revision } = sighting.state;
  const { deadlineMs } = executor.promise(intent);
  const signal = AbortSignal.any([leased, AbortSignal.timeout(Math.min(deadlineMs, longestCallMs))]);
  const permit = permitFor(gate, intent, number, leased);
  const answer = await begin(executor, intent, { number, notAfterMs, revision, signal, permit });
  return { kind: 'answered', answer };
}

/** What somebody else may have done is neither done again nor taken for ours, which would be undone if it did not help. */
function alreadyDone(executor: Executor, intent: Intent): Sent {
  if (executor.promise(intent).tellsWhose) return { kind: 'found' };
  const detail = `${intent.action} on ${targetText(intent.target)} was done meanwhile, and nobody can tell by whom`;
  return { kind: 'blocked', reason: 'target-changed', detail };
}

async function permission(
  gate: Pick<Gate, 'mark'>,
  intent: Intent,
  number: number,
): Promise<Marked | Extract<Sent, { kind: 'blocked' }>> {
  try {
    return await gate.mark(intent.id, 'sent', 'sending', number);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'EffectBlocked') throw error;
    return { kind: 'blocked', reason: reasonOf(error), detail: error.message };
  }
}

function reasonOf(error: Error): GateRefusal {
  const reason = 'reason' in error ? error.reason : undefined;
  switch (reason) {
    case 'kill-switch':
    case 'stopped':
    case 'silenced':
    case 'incident-closed':
      return reason;
    default:
      return 'target-leased';
  }
}

async function begin(executor: Executor, intent: Intent, call: Call): Promise<Begun> {
  try {
    const answer = await Promise.race([executor.begin(intent, call), whenAborted(call.signal)]);
    if (answer.kind === 'accepted' && (answer.handle === '' || answer.handle.length > longestHandle))
      return { kind: 'unknown', reason: `${executor.name} gave a handle that cannot be kept` };
    return 'summary' in answer
      ? { ...answer, summary: words(answer.summary) }
      : { ...answer, reason: words(answer.reason) };
  } catch (error) {
    return { kind: 'unknown', reason: words(error instanceof Error ? error.message : String(error)) };
  }
}

/** A vendor's words go into the incident, where everybody reads them. */
function words(text: string): string {
  return plainLine(text, longestWords);
}

/** Also of an executor that does not listen: nobody waits for its answer any more. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** For the calls after the first one of a send, and for its cancellation. A store that cannot be asked permits nothing. */
export function permitFor(
  gate: Pick<Gate, 'permit'>,
  { id }: Intent,
  number: number,
  leased: AbortSignal,
  purpose: CallPurpose = 'go-on',
): Permit {
  return async () => {
    if (leased.aborted) return { ok: false, reason: errorMessage(leased.reason), mayPass: true };
    try {
      return await gate.permit(id, number, purpose);
    } catch (error) {
      const reason = `whether it may go on could not be asked: ${errorMessage(error)}`;
      return { ok: false, reason, mayPass: true };
    }
  };
}
