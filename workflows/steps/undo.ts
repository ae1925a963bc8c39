// After effects that did not help: undo what is owed, last in first out, then judge whether to try something else.

import { ActivityFailure, CancellationScope, condition, log } from '@temporalio/workflow';
import { fixesTried } from '../../domain/incident/attempts.ts';
import type { GateRefusal } from '../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import { type Ending, type Run, throwIfStopped } from '../run.ts';
import type { PendingCompensation, UndoOutcome } from '../saga.ts';
import { gatePatience } from '../timings.ts';
import { type EffectOutcome, findOut, perform } from './effect.ts';
import { escalation } from './endings.ts';
import { failureText } from './failures.ts';
import { isStopped } from './stop.ts';

/** Undoes a failed attempt. Null when another attempt makes sense; the ending when a person must look. */
export async function undoAndJudge(
  run: Run,
  { plan }: HashedPlan,
  attempt: { readonly reason: string; readonly mayRetry: boolean },
): Promise<Ending | null> {
  const notUndone = await compensate(run, attempt.reason);
  throwIfStopped(); // while it was undone, a person said stop: the incident ends as they said
  if (notUndone.length > 0)
    return escalation(`${attempt.reason}; could not be undone: ${notUndone.join(', ')}`);
  if (!attempt.mayRetry) return escalation(attempt.reason);
  const state = run.journal.state();
  const tries = fixesTried(state);
  if (tries >= run.input.settings.maxAttempts)
    return escalation(`${tries} fixes tried; the last: ${attempt.reason}`);
  const suspect = state.diagnosis?.hypotheses.find(({ cause }) => cause === plan.cause)?.scope;
  const service = (suspect ?? plan.steps.at(-1)?.target ?? run.input.scope).service;
  run.memory = { ...run.memory, failedCauses: [...run.memory.failedCauses, { cause: plan.cause, service }] };
  return null;
}

/**
 * Undoes everything owed, in a scope that nothing cancels; answers the keys of the steps that could not be undone. A
 * take-over ends it after the call in flight: what is owed then stays with the saga.
 */
export async function compensate(run: Run, reason: string): Promise<readonly string[]> {
  const { journal, saga } = run;
  if (saga.pending().length === 0) return [];
  const { attempt } = journal.state();
  return CancellationScope.nonCancellable(async () => {
    journal.record({ type: 'compensation-started', attempt, reason });
    const { undone, notUndone } = await saga.compensate((compensation) => undo(run, compensation));
    journal.record({ type: 'compensation-finished', attempt, undone, notUndone });
    return notUndone;
  });
}

async function undo(run: Run, compensation: PendingCompensation): Promise<UndoOutcome> {
  const firstTryMs = Date.now();
  const { planHash, step, stepKey, intentId } = compensation;
  let refusedFor: GateRefusal | null = null;
  for (;;) {
    const outcome = await tryUndo(run, compensation);
    if (outcome.kind === 'stopped') return 'stopped';
    if (outcome.kind === 'applied') return 'undone';
    if (outcome.kind === 'failed' || outcome.kind === 'dry-run') return 'not-undone';
    const { reason, detail } = outcome;
    // Perhaps its own forward call has not ended: that has to be found out first. What did not happen needs no undo.
    if (reason === 'target-unsettled' && refusedFor !== reason) {
      const became = await findOut(run, intentId, step, stepKey);
      if (became.kind === 'failed' && became.certain) return 'undone';
    }
    if (reason !== refusedFor) run.journal.record({ type: 'gate-refused', step, reason, detail });
    refusedFor = reason;
    if (reason === 'not-needed') return 'not-needed';
    // Whoever silenced it is at work there: they are asked at once.
    const patience = reason === 'silenced' ? null : gatePatience(reason);
    if (patience === null || Date.now() - firstTryMs >= patience.forMs) return 'not-undone';
    run.journal.waitingFor(`the gate, to undo ${stepKey} of ${planHash.slice(0, 12)} (${reason})`);
    await condition(() => isStopped(run, 'compensation'), patience.everyMs, {
      summary: `the gate refused to undo ${stepKey}: ${reason}`,
    });
  }
}

/** A compensation that breaks is one that failed: the others still have to be undone. */
async function tryUndo(run: Run, { planHash, step, stepKey }: PendingCompensation): Promise<EffectOutcome> {
  try {
    return await perform(run, { planHash, step, stepKey, direction: 'compensation' }, () => {});
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.error('a compensation could not be made', { stepKey, error: failureText(error) });
    return { kind: 'failed', certain: false, reason: failureText(error) };
  }
}
