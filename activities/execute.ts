// The one place where Sentinel changes the world outside. Calls of an effect are numbered, and recorded before they go out;
// at most one number may take effect at a time. After a lost answer nothing is repeated: the calls so far are closed first,
// and only what certainly did not happen, and cannot happen any more, is sent once more. What the vendor has taken on is
// recorded before it is told, and asked for until it has ended, whichever process does so.

import { targetText } from '../domain/inventory/target.ts';
import type { Intent } from '../domain/remediation/intent.ts';
import type { Progress } from '../domain/remediation/progress.ts';
import { cancelUnderWay } from './cancel.ts';
import { previewed } from './dry-run.ts';
import { finalFailure } from './failures.ts';
import { type Followed, follow } from './follow.ts';
import { type Leased, whileLeased } from './leased.ts';
import { closeSends, type LookUpTimings } from './look-up.ts';
import type { Executor, Executors, Polled } from './ports/executor.ts';
import type { Gate, Logger, Metrics, StoredIntent } from './ports.ts';
import { permitFor, sendOnce } from './send.ts';
import type { ExecuteInput, ExecuteResult } from './types.ts';

export type ExecuteDeps = {
  readonly gate: Pick<Gate, 'intent' | 'mark' | 'accept' | 'permit' | 'stopped' | 'renew' | 'leaseMs'>;
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
  const { deps, executor, input, lease } = execution;
  const { timings, tell = () => {} } = deps;
  const told = input.told ?? { times: 0, words: '' };
  const { number, notAfterMs } = stored.send ?? { number: 0, notAfterMs: 0 };
  const permit = permitFor(deps.gate, stored.intent, number, lease.signal);
  const call = { number, notAfterMs, permit, leased: lease.signal };
  const following = { timings, told, tell, call };
  const stopped = () => personsStop(deps, stored.intent.id);
  const followed = await follow(executor, stored.intent, accepted, { ...following, stopped });
  if (followed.kind !== 'stopped') return concluded(execution, stored, accepted, followed);

  const { stop } = followed;
  const { handle } = accepted;
  const cancelled = await cancelUnderWay(deps.gate, executor, stored, handle, lease.signal);
  if (cancelled.kind === 'ended') return finish(deps, stored, afterStop(stop, ended(cancelled.came)));
  const why = cancelled.kind === 'cannot' ? `${executor.name} cannot stop it` : cancelled.why;
  // An effect of many calls makes none after the stop: their permit is refused.
  const then = executor.advance === undefined ? 'it goes on by itself' : 'no further call is made for it';
  const although = `${stop}; ${then} (${why})`;
  // How long it has taken by now, the store says.
  const goesOn = (await find(deps, stored.intent.id)).accepted ?? accepted;
  const further = await follow(executor, stored.intent, goesOn, { ...following, although });
  if (further.kind === 'stopped') throw new Error(`${stored.intent.id} was stopped twice`);
  return concluded(execution, stored, goesOn, further);
}

async function concluded(
  execution: Execution,
  stored: StoredIntent,
  { handle }: NonNullable<StoredIntent['accepted']>,
  followed: Exclude<Followed, { kind: 'stopped' }>,
): Promise<ExecuteResult> {
  const { deps } = execution;
  if (followed.kind === 'running') return followed;
  if (followed.kind !== 'stuck') return finish(deps, stored, ended(followed));
  return finish(deps, stored, await givenUp(execution, stored, handle, followed.reason));
}

/** A store that cannot be asked has not forbidden it: the vendor goes on meanwhile in any case, and it is asked again. */
async function personsStop({ gate, logger }: ExecuteDeps, intentId: string): Promise<string | null> {
  try {
    return await gate.stopped(intentId);
  } catch (error) {
    logger.warn({ intentId, err: error }, 'it could not be asked whether a person has said stop');
    return null;
  }
}

/** What a person has stopped half-way has not failed of itself. */
function afterStop(stop: string, outcome: Outcome): Outcome {
  if (outcome.kind === 'applied')
    return { ...outcome, summary: `${outcome.summary} (before it could be stopped)` };
  return { ...outcome, reason: `stopped: ${stop}; ${outcome.reason}`, cancelled: true };
}

function ended(followed: Exclude<Polled, { kind: 'running' | 'unknown' }>): Outcome {
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
  stored: StoredIntent,
  handle: string,
  reason: string,
): Promise<Outcome> {
  const cancelled = await cancelUnderWay(deps.gate, executor, stored, handle, lease.signal);
  switch (cancelled.kind) {
    case 'cannot':
      return failed(false, `${reason}; it may still end`);
    case 'goes-on':
      return failed(false, `${reason}; ${cancelled.why}`);
    case 'ended': {
      const outcome = ended(cancelled.came);
      if (outcome.kind === 'applied') return outcome;
      return { ...outcome, reason: `${reason}; cancelled: ${outcome.reason}` };
    }
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
