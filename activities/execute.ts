// The one place where Sentinel changes the world outside. Calls of an effect are numbered, and recorded before they go out;
// at most one number may take effect at a time. After a lost answer nothing is repeated: the calls so far are closed first,
// and only what certainly did not happen, and cannot happen any more, is sent once more.

import { targetText } from '../domain/inventory/target.ts';
import type { Intent } from '../domain/remediation/intent.ts';
import { finalFailure } from './failures.ts';
import { closeSends, type LookUpTimings } from './look-up.ts';
import type { Executor, Executors } from './ports/executor.ts';
import type { Gate, Logger, Metrics, StoredIntent } from './ports.ts';
import { sendOnce } from './send.ts';
import type { ExecuteResult } from './types.ts';

export type ExecuteDeps = {
  readonly gate: Pick<Gate, 'intent' | 'mark' | 'permit' | 'renew'>;
  readonly executors: Pick<Executors, 'forTarget'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timings: LookUpTimings;
};

type Outcome = Extract<ExecuteResult, { kind: 'applied' | 'failed' }>;

/** A third of the shortest lease that can be configured. */
const renewEveryMs = 3_000;

/** Calls of one execution: the first, and one more after an answer that was lost on the way out. */
const callsAtMost = 2;

/** Answers what became of the effect; throws only when the record of it cannot be read or written. */
export function createExecute(
  deps: ExecuteDeps,
): (input: { intentId: string; lookOnly?: boolean }) => Promise<ExecuteResult> {
  const { executors, metrics } = deps;
  return async ({ intentId, lookOnly = false }) => {
    const stored = await find(deps, intentId);
    const recorded = outcomeOf(stored);
    if (recorded !== null) return recorded;
    const { intent } = stored;
    const executor = executors.forTarget(intent.target, intent.executor);
    if (executor === null) {
      const reason = `no executor "${intent.executor}" is configured for ${targetText(intent.target)}`;
      return finish(deps, stored, failed(stored.send === null, reason));
    }
    const result = await whileLeased(deps, intent, () => carryThrough(deps, executor, stored, lookOnly));
    metrics.count('sentinel_effects_total', { action: intent.action, result: result.kind });
    return result;
  };
}

async function carryThrough(
  deps: ExecuteDeps,
  executor: Executor,
  found: StoredIntent,
  lookOnly: boolean,
): Promise<ExecuteResult> {
  const { intent } = found;
  let stored = found;
  let lost = 'Sentinel stopped between the call and its answer';
  for (let calls = found.send === null ? 0 : 1; ; ) {
    const became = await closeSends(executor, stored, deps.timings);
    if (became === 'happened') return finish(deps, stored, foundDone(intent, lost));
    if (became === 'cannot-tell')
      return finish(deps, stored, failed(false, `nobody can tell whether it happened (${lost})`));
    if (lookOnly || calls >= callsAtMost)
      return finish(deps, stored, failed(true, `it did not happen (${lost})`));

    const number = (stored.send?.number ?? 0) + 1;
    const sent = await sendOnce(deps.gate, executor, intent, number, deps.timings);
    switch (sent.kind) {
      case 'found':
        return finish(deps, stored, foundDone(intent, 'it was sent before, and the record of that was lost'));
      case 'blocked':
        return { ...sent, sent: stored.send !== null };
      case 'answered': {
        const { answer } = sent;
        if (answer.kind === 'done') return finish(deps, stored, applied(false, answer.summary), number);
        if (answer.kind === 'refused')
          return finish(deps, stored, failed(true, `refused by ${executor.name}: ${answer.reason}`), number);
        lost = answer.kind === 'accepted' ? answer.summary : answer.reason;
        break;
      }
      case 'late':
        lost = sent.reason;
        break;
      case 'overtaken':
        break;
    }
    if (sent.kind !== 'overtaken') {
      calls += 1;
      deps.logger.warn(
        { intentId: intent.id, send: number, reason: lost },
        'an effect has no answer, looking',
      );
    }
    stored = await find(deps, intent.id);
    const recorded = outcomeOf(stored);
    if (recorded !== null) return recorded;
  }
}

async function find({ gate }: ExecuteDeps, intentId: string): Promise<StoredIntent> {
  const stored = await gate.intent(intentId);
  if (stored === null) throw finalFailure('UnknownIntent', `there is no intent ${intentId} to execute`);
  return stored;
}

/** What the record says; null while it says nothing final. */
function outcomeOf({ status }: Pick<StoredIntent, 'status'>): Outcome | null {
  switch (status) {
    case 'applied':
      return applied(true, 'it was recorded as applied before');
    case 'failed':
      return failed(true, 'it was recorded as failed before');
    case 'uncertain':
      return failed(false, 'it is recorded that nobody can tell whether it happened');
    case 'written':
    case 'sent':
      return null;
  }
}

/**
 * The outcome is recorded before it is told. `send` numbers the call it is about: what was found out about an older one, or
 * comes after somebody else's record, is not told: the record counts.
 */
async function finish(
  deps: ExecuteDeps,
  { intent, send }: StoredIntent,
  outcome: Outcome,
  number = send?.number ?? 0,
): Promise<ExecuteResult> {
  const text = outcome.kind === 'applied' ? outcome.summary : outcome.reason;
  const status = outcome.kind === 'failed' && !outcome.certain ? 'uncertain' : outcome.kind;
  const { before, overtaken } = await deps.gate.mark(intent.id, status, text, number);
  const recorded = outcomeOf({ status: before });
  if (recorded !== null) return recorded;
  if (overtaken)
    throw new Error(`intent ${intent.id} was sent again by another process; its outcome is not known here`);
  return outcome;
}

/** Keeps the lease for as long as it takes, so that nobody else is let near a target with a call under way. */
async function whileLeased<T>(
  { gate, logger }: ExecuteDeps,
  { id }: Intent,
  work: () => Promise<T>,
): Promise<T> {
  const renew = async (): Promise<void> => {
    try {
      await gate.renew(id);
    } catch (error) {
      logger.warn({ intentId: id, err: error }, 'a lease could not be renewed');
    }
  };
  const timer = setInterval(() => void renew(), renewEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

function foundDone({ action, target }: Intent, lost: string): Outcome {
  return applied(true, `${action} on ${target.service} found done (${lost})`);
}

function applied(foundByLookup: boolean, summary: string): Outcome {
  return { kind: 'applied', foundByLookup, summary };
}

function failed(certain: boolean, reason: string): Outcome {
  return { kind: 'failed', certain, reason };
}
