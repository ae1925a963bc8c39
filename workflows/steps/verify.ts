// Did the plan help? Looks until that is settled. Only `not-recovered` lets it be undone: when nobody can tell, the change is
// held, people are asked (taking over keeps it, aborting undoes it), and the looks go on, more slowly, for a bounded time.

import type { NeededApproval } from '../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import type { VerificationResult } from '../../domain/remediation/verification.ts';
import type { Ending, Run } from '../run.ts';
import { defaultHoldMs, looksWhileHeld, timeToTell } from '../timings.ts';
import { escalation } from './endings.ts';
import { lookUntilSettled } from './verification-loop.ts';

export type Attempt =
  | { readonly kind: 'recovered'; readonly reason: string }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** The target is not as the plan saw it, and nothing was done: there is another plan to be made. */
  | { readonly kind: 'outdated'; readonly reason: string }
  /** Nothing was done, and people have to be asked first. */
  | {
      readonly kind: 'approval-needed';
      readonly reason: string;
      readonly needs: NeededApproval;
      readonly because: string;
    }
  /** Did not help, or could not be carried out; what was applied is still in the world, and owed to the saga. */
  | { readonly kind: 'failed'; readonly reason: string; readonly mayRetry: boolean };

/** Verifies the plan that was carried out; a continued run goes on where the one before it was. */
export async function verifyPlan(run: Run, hashedPlan: HashedPlan): Promise<Attempt> {
  const { journal, saga } = run;
  const { attempt } = journal.state();
  if (run.memory.verifying === null) {
    const settleMs = run.memory.settleMs ?? 0;
    const deadlineMs = Date.now() + settleMs + timeToTell(run, journal.state().answerTakesMs);
    journal.record({ type: 'verification-started', attempt, deadlineMs });
    run.memory = { ...run.memory, verifying: { deadlineMs, held: false } };
  }
  for (;;) {
    const { verifying } = run.memory;
    if (verifying === null) throw new Error('a verification without a deadline');
    const result = await lookAtPlan(run, hashedPlan, verifying);
    journal.record({ type: 'verified', attempt, result });
    const holding = result.outcome === 'unverified' && !run.fromBefore;
    if (holding && !verifying.held) {
      hold(run, result.reason);
      continue;
    }
    run.memory = { ...run.memory, verifying: null };
    if (holding)
      return { kind: 'ended', ending: escalation(`nobody can tell whether it helped: ${result.reason}`) };
    if (result.outcome !== 'recovered')
      return { kind: 'failed', mayRetry: true, reason: `${result.outcome}: ${result.reason}` };
    saga.settle();
    return { kind: 'recovered', reason: result.reason };
  }
}

function hold(run: Run, reason: string): void {
  const { journal, input } = run;
  const deadlineMs = Date.now() + (input.settings.holdMs ?? defaultHoldMs);
  journal.record({ type: 'verification-held', attempt: journal.state().attempt, reason, deadlineMs });
  run.memory = { ...run.memory, verifying: { deadlineMs, held: true } };
}

function lookAtPlan(
  run: Run,
  { plan, planHash }: HashedPlan,
  { deadlineMs, held }: NonNullable<Run['memory']['verifying']>,
): Promise<VerificationResult> {
  const { input, memory } = run;
  const { verifyIntervalMs, holdMs = defaultHoldMs } = input.settings;
  const targetService = plan.steps.at(-1)?.target.service ?? input.scope.service;
  const look = {
    effectAtMs: memory.lastEffectAtMs,
    targetService,
    planHash,
    actions: plan.steps.map(({ action }) => action),
    ...(memory.settleMs === undefined ? {} : { settleMs: memory.settleMs }),
  };
  const everyMs = held ? Math.max(verifyIntervalMs, holdMs / looksWhileHeld) : verifyIntervalMs;
  return lookUntilSettled(run, look, { deadlineMs, everyMs, continues: true, extends: !held });
}
