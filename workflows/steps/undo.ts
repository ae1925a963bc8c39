// After effects that did not help: undo what is owed, last in first out, then judge whether to try something else.

import { ActivityFailure, CancellationScope, log, sleep } from '@temporalio/workflow';
import { fixesTried } from '../../domain/incident/attempts.ts';
import type { GateRefusal } from '../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { Ending, Run } from '../run.ts';
import type { PendingCompensation } from '../saga.ts';
import { gatePatience } from '../timings.ts';
import { type EffectOutcome, perform } from './effect.ts';
import { escalation } from './endings.ts';
import { failureText } from './failures.ts';

/** Undoes a failed attempt. Null when another attempt makes sense; the ending when a person must look. */
export async function undoAndJudge(
  run: Run,
  { plan }: HashedPlan,
  attempt: { readonly reason: string; readonly mayRetry: boolean },
): Promise<Ending | null> {
  const notUndone = await compensate(run, attempt.reason);
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

/** Undoes everything owed, in a scope that nothing cancels; answers the keys of the steps that could not be undone. */
export async function compensate(run: Run, reason: string): Promise<readonly string[]> {
  const { journal, saga } = run;
  const owed = saga.pending().length;
  if (owed === 0) return [];
  const { attempt } = journal.state();
  return CancellationScope.nonCancellable(async () => {
    journal.record({ type: 'compensation-started', attempt, reason });
    const notUndone = await saga.compensate((compensation) => undo(run, compensation));
    journal.record({ type: 'compensation-finished', attempt, undone: owed - notUndone.length, notUndone });
    return notUndone;
  });
}

async function undo(run: Run, compensation: PendingCompensation): Promise<boolean> {
  const firstTryMs = Date.now();
  const { planHash, step, stepKey } = compensation;
  let refusedFor: GateRefusal | null = null;
  for (;;) {
    const outcome = await tryUndo(run, compensation);
    if (outcome.kind === 'applied') return true;
    if (outcome.kind === 'failed') return false;
    const { reason, detail } = outcome;
    if (reason !== refusedFor) run.journal.record({ type: 'gate-refused', step, reason, detail });
    refusedFor = reason;
    const patience = gatePatience(reason);
    if (patience === null || Date.now() - firstTryMs >= patience.forMs) return false;
    run.journal.waitingFor(`the gate, to undo ${stepKey} of ${planHash.slice(0, 12)} (${reason})`);
    await sleep(patience.everyMs, { summary: `the gate refused to undo ${stepKey}: ${reason}` });
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
