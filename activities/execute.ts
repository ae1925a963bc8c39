// The one place where Sentinel changes the world outside. Calls of an effect are numbered, and recorded before they go out;
// at most one number may take effect at a time. After a lost answer nothing is repeated: the calls so far are closed first,
// and only what certainly did not happen, and cannot happen any more, is sent once more. What the vendor has taken on is
// recorded before it is told, and asked for until it has ended, whichever process does so.

import { targetText } from '../domain/inventory/target.ts';
import type { Intent } from '../domain/remediation/intent.ts';
import type { Progress } from '../domain/remediation/progress.ts';
import { previewed } from './dry-run.ts';
import { finalFailure } from './failures.ts';
import { type Followed, follow, inBounds } from './follow.ts';
import { type Leased, whileLeased } from './leased.ts';
import { closeSends, type LookUpTimings } from './look-up.ts';
import type { Executor, Executors } from './ports/executor.ts';
import type { Gate, Logger, Metrics, StoredIntent } from './ports.ts';
import { permitFor, sendOnce } from './send.ts';
import type { ExecuteInput, ExecuteResult } from './types.ts';

export type ExecuteDeps = {
  readonly gate: Pick<Gate, 'intent' | 'mark' | 'accept' | 'permit' | 'renew' | 'leaseMs'>;
  readonly executors: Pick<Executors, 'forTarget'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timings: LookUpTimings;
  /** Hears of the progress of what is under way: for the heartbeat. */
  readonly tell?: (progress: Progress) => void;
};

type Outcome = Extract<ExecuteResult, { kind: 'applied' | 'failed' }>;
type Failure = Extract<ExecuteResult, { kind: 'failed' }>;

/** What every part of one execution works with. */
type Execution = {
  readonly deps: ExecuteDeps;
  readonly executor: Executor;
  readonly lease: Leased;
  readonly input: ExecuteInput;
};

/** Calls of one execution: the first, and one more after an answer that was lost on the way out. */
const callsAtMost = 2;

/** Answers what became of the effect; throws only when the record of it cannot be read or written. */
export function createExecute(deps: ExecuteDeps): (input: ExecuteInput) => Promise<ExecuteResult> {
  const { executors, metrics } = deps;
  return async (input) => {
    const stored = await find(deps, input.intentId);
    const { intent } = stored;
    const executor = executors.forTarget(intent.target, intent.executor);
    if (executor?.dryRun === true && stored.send === null) {
      const result = await dryRun(deps, executor, stored);
      metrics.count('sentinel_effects_total', { action: intent.action, result: result.kind });
      return result;
    }
    const recorded = outcomeOf(stored);
    if (recorded !== null) return settling(recorded, executor, intent);
    if (executor === null) {
      const reason = `no executor "${intent.executor}" is configured for ${targetText(intent.target)}`;
      const code = 'unknown-target';
      return finish(deps, stored, { ...failed(stored.send === null, reason), code });
    }
    const result = await whileLeased(deps, intent, (lease) =>
      carryThrough({ deps, executor, lease, input }, stored),
    );
    if (result.kind !== 'running')
      metrics.count('sentinel_effects_total', { action: intent.action, result: result.kind });
    return settling(result, executor, intent);
  };
}

async function carryThrough(execution: Execution, found: StoredIntent): Promise<ExecuteResult> {
  const { deps, executor, input, lease } = execution;
  const { intent } = found;
  const { idempotency } = executor.promise(intent);
  let stored = found;
  let lost = 'Sentinel stopped between the call and its answer';
  for (let calls = found.send === null ? 0 : 1; ; ) {
    if (stored.accepted !== null) return untilItEnds(execution, stored, stored.accepted);
    const became = await closeSends(executor, stored, deps.timings);
    if (typeof became === 'object') {
      stored = await accepted(deps, stored, became.handle);
      const recorded = outcomeOf(stored);
      if (recorded !== null) return recorded;
      continue;
    }
    if (became === 'happened') return finish(deps, stored, foundDone(intent, lost));
    if (became === 'cannot-tell')
      return finish(deps, stored, failed(false, `nobody can tell whether it happened (${lost})`));
    // A vendor that would do it twice is never asked twice; one that only dry-runs now is not asked at all.
    const onlyOnce = stored.send !== null && (idempotency === 'none' || executor.dryRun === true);
    if (input.lookOnly === true || onlyOnce || calls >= callsAtMost)
      return finish(deps, stored, failed(true, `it did not happen (${lost})`));

    const number = (stored.send?.number ?? 0) + 1;
    const sent = await sendOnce(deps.gate, executor, intent, number, deps.timings, lease.signal);
    switch (sent.kind) {
      case 'found':
        return finish(deps, stored, foundDone(intent, 'it was sent before, and the record of that was lost'));
      case 'blocked':
        return { ...sent, sent: stored.send !== null };
      case 'answered': {
        const { answer } = sent;
        if (answer.kind === 'done') return finish(deps, stored, applied(false, answer.summary), number);
        if (answer.kind === 'refused') {
          const reason = `refused by ${executor.name}: ${answer.reason}`;
          return finish(deps, stored, { ...failed(true, reason), code: answer.code }, number);
        }
        if (answer.kind === 'accepted') await deps.gate.accept(intent.id, number, answer.handle);
        else lost = answer.reason;
        break;
      }
      case 'late':
        lost = sent.reason;
        break;
      case 'overtaken':
        break;
    }
    if (sent.kind !== 'overtaken') calls += 1;
    stored = await find(deps, intent.id);
    if (sent.kind !== 'overtaken' && stored.accepted === null)
      deps.logger.warn(
        { intentId: intent.id, send: number, reason: lost },
        'an effect has no answer, looking',
      );
    const recorded = outcomeOf(stored);
    if (recorded !== null) return recorded;
  }
}

/** The vendor goes on with it: until it has ended, there is news to tell, or this call has taken long enough. */
async function untilItEnds(
  execution: Execution,
  stored: StoredIntent,
  accepted: NonNullable<StoredIntent['accepted']>,
): Promise<ExecuteResult> {
  const { deps, executor, input } = execution;
  const { timings, tell = () => {} } = deps;
  const told = input.told ?? { times: 0, words: '' };
  const followed = await follow(executor, stored.intent, accepted, { timings, told, tell });
  if (followed.kind !== 'stuck')
    return followed.kind === 'running' ? followed : finish(deps, stored, ended(followed));
  return finish(deps, stored, await givenUp(execution, stored, accepted.handle, followed.reason));
}

function ended(followed: Exclude<Followed, { kind: 'running' | 'stuck' }>): Outcome {
  switch (followed.kind) {
    case 'done':
      return applied(false, followed.summary);
    case 'failed':
      if (followed.left === '') return failed(true, followed.reason);
      return { ...failed(false, followed.reason), left: followed.left };
    case 'superseded':
      return { ...failed(true, `replaced by somebody else's change: ${followed.reason}`), superseded: true };
  }
}

/** Past its deadline: cancelled where the vendor can and nothing forbids the call; otherwise a person has to look. */
async function givenUp(
  { deps, executor, lease }: Execution,
  { intent, send }: StoredIntent,
  handle: string,
  reason: string,
): Promise<Outcome> {
  if (executor.cancel === undefined || send === null) return failed(false, `${reason}; it may still end`);
  const permit = permitFor(deps.gate, intent, send.number, lease.signal);
  const permitted = await permit();
  if (!permitted.ok) return failed(false, `${reason}; it was not cancelled: ${permitted.reason}`);
  try {
    const call = { ...send, signal: AbortSignal.any([lease.signal, AbortSignal.timeout(30_000)]), permit };
    const came = inBounds(await executor.cancel(intent, handle, call));
    if (came.kind === 'running')
      return failed(false, `${reason}; it is still ending: ${came.progress.words}`);
    if (came.kind === 'unknown') return failed(false, `${reason}; cancelling it: ${came.reason}`);
    const outcome = ended(came);
    if (outcome.kind === 'applied') return outcome;
    return { ...outcome, reason: `${reason}; cancelled: ${outcome.reason}` };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return failed(false, `${reason}; cancelling it had no answer: ${said}`);
  }
}

/** Nothing is sent: the vendor is asked whether it would accept it. Repeated, it asks again. */
async function dryRun(
  deps: ExecuteDeps,
  executor: Executor,
  { intent }: StoredIntent,
): Promise<ExecuteResult> {
  const answer = await previewed(executor, intent);
  const said = answer.ok ? answer.detail : `it would be refused: ${answer.detail}`;
  await deps.gate.mark(intent.id, 'failed', `dry run, nothing was done: ${said}`);
  const { ok, detail } = answer;
  return { kind: 'dry-run', ok, detail, ...(answer.ok ? {} : { code: answer.code }) };
}

async function accepted(deps: ExecuteDeps, { intent, send }: StoredIntent, handle: string) {
  await deps.gate.accept(intent.id, send?.number ?? 0, handle);
  const stored = await find(deps, intent.id);
  if (stored.accepted === null && stored.status === 'sent')
    throw new Error(`intent ${intent.id} was sent again by another process; its outcome is not known here`);
  return stored;
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
  const text = outcome.kind === 'applied' ? outcome.summary : failureText(outcome);
  const status = outcome.kind === 'failed' && !outcome.certain ? 'uncertain' : outcome.kind;
  const { before, overtaken } = await deps.gate.mark(intent.id, status, text, number);
  const recorded = outcomeOf({ status: before });
  if (recorded !== null) return recorded;
  if (overtaken)
    throw new Error(`intent ${intent.id} was sent again by another process; its outcome is not known here`);
  return outcome;
}

function failureText({ reason, code, left }: Failure): string {
  return [reason, ...(code ? [`(${code})`] : []), ...(left ? [`; half done: ${left}`] : [])].join(' ');
}

/** Samples tell nothing before the vendor's own time to settle is over. */
function settling(result: ExecuteResult, executor: Executor | null, intent: Intent): ExecuteResult {
  if (result.kind !== 'applied' || executor === null) return result;
  const { settleMs } = executor.promise(intent);
  return settleMs > 0 ? { ...result, settleMs } : result;
}

function foundDone({ action, target }: Intent, lost: string): Outcome {
  return applied(true, `${action} on ${targetText(target)} found done (${lost})`);
}

function applied(foundByLookup: boolean, summary: string): Outcome {
  return { kind: 'applied', foundByLookup, summary };
}

function failed(certain: boolean, reason: string): Failure {
  return { kind: 'failed', certain, reason };
}
