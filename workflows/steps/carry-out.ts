// A granted plan becomes effects: step by step through the gate, each with its compensation registered first, then the
// verification of the whole (verify.ts).

import { CancellationScope, sleep } from '@temporalio/workflow';
import type { GateRefusal } from '../../domain/remediation/intent.ts';
import { type HashedPlan, type PlanStep, stepKey } from '../../domain/remediation/plan.ts';
import { asksAgain, asksWhileOverloaded } from '../changes.ts';
import { type Ending, type Run, throwIfStopped } from '../run.ts';
import { catchUp, gatePatience } from '../timings.ts';
import { type EffectOutcome, perform } from './effect.ts';
import { escalation } from './endings.ts';
import { needless } from './recover.ts';
import { whileSilenced } from './silence.ts';
import { stopped } from './stop.ts';
import { type Attempt, verifyPlan } from './verify.ts';

/** Carries the plan out and verifies it. All steps belong together, so the look at the symptom comes after the last. */
export async function carryOut(run: Run, hashedPlan: HashedPlan): Promise<Attempt> {
  const { settleMs: _settled, inPlace: _seen, ...memory } = run.memory;
  run.memory = memory;
  for (const [index, step] of hashedPlan.plan.steps.entries()) {
    const outcome = await applyWhenGranted(run, hashedPlan, index, step);
    switch (outcome.kind) {
      case 'applied':
        continue;
      case 'ended':
        return outcome;
      case 'refused': {
        const reason = `the gate refused ${stepKey(step)}: ${outcome.reason} (${outcome.detail})`;
        const untouched = isUntouched(run, index, outcome);
        if (outcome.reason === 'target-changed' && untouched) return { kind: 'outdated', reason };
        // A plan that is half done is taken back instead: it does not wait for people where it stands.
        if (outcome.needs !== undefined && untouched && asksAgain())
          return { kind: 'approval-needed', reason, needs: outcome.needs, because: outcome.detail };
        return { kind: 'failed', mayRetry: false, reason };
      }
      case 'dry-run':
        return afterDryRun(run, index, dryRunWords(stepKey(step), outcome));
      case 'failed': {
        const reason = `${stepKey(step)} failed: ${outcome.reason}`;
        return { kind: 'failed', mayRetry: outcome.certain, reason };
      }
    }
  }
  return verifyPlan(run, hashedPlan);
}

/** Nothing of the plan has been done, or may have been. */
function isUntouched({ saga }: Run, index: number, { sent }: { readonly sent: boolean }): boolean {
  return saga.pending().length === 0 && index === 0 && !sent;
}

/** A person has it, with what would have been done; the steps before it, of another executor, are taken back. */
function afterDryRun({ saga }: Run, index: number, reason: string): Attempt {
  return index > 0 || saga.pending().length > 0
    ? { kind: 'failed', mayRetry: false, reason }
    : { kind: 'ended', ending: escalation(reason) };
}

function dryRunWords(key: string, { ok, detail }: { readonly ok: boolean; readonly detail: string }): string {
  const would = ok ? 'would have been accepted' : 'would have been refused';
  return `dry run, nothing was done: ${key} ${would} (${detail})`;
}

type StepOutcome =
  | Exclude<EffectOutcome, { kind: 'stopped' }>
  | { readonly kind: 'ended'; readonly ending: Ending };

/** Tries the gate, and again while its refusal is one that passes; before the first effect, the symptom must still be there. */
async function applyWhenGranted(
  run: Run,
  { planHash }: HashedPlan,
  index: number,
  step: PlanStep,
): Promise<StepOutcome> {
  const { journal, saga } = run;
  let firstTryMs = Date.now();
  const key = stepKey(step);
  let refusedFor: GateRefusal | null = null;
  for (;;) {
    if (index === 0) {
      const ending = await needless(run);
      if (ending !== null) return { kind: 'ended', ending };
    }
    throwIfStopped();
    const outcome = await CancellationScope.nonCancellable(() =>
      perform(run, { planHash, step: index, stepKey: key, direction: 'forward' }, (intentId) => {
        if (step.inverse !== null) saga.register({ planHash, step: index, stepKey: key, intentId });
      }),
    );
    const nothingHappened =
      ((outcome.kind === 'stopped' || outcome.kind === 'refused') && !outcome.sent) ||
      outcome.kind === 'dry-run' ||
      (outcome.kind === 'failed' && outcome.certain);
    if (nothingHappened) saga.forget({ planHash, step: index });
    if (outcome.kind === 'stopped') throw stopped();
    if (outcome.kind !== 'refused') return outcome;

    const { reason, detail, needs } = outcome;
    if (reason !== refusedFor) journal.record({ type: 'gate-refused', step: index, reason, detail });
    refusedFor = reason;
    if (reason === 'silenced') {
      // A plan that is half done does not wait where it stands.
      if (!isUntouched(run, index, outcome)) return outcome;
      const waited = await whileSilenced(run, 'actions');
      if (typeof waited !== 'string') return { kind: 'ended', ending: waited };
      if (waited === 'over') {
        firstTryMs = Date.now();
        continue;
      }
    }
    const patience = gatePatience(reason);
    const waitedMs = Date.now() - firstTryMs;
    if (patience === null || waitedMs >= patience.forMs) return outcome;
    // Users suffer meanwhile, and a person may decide now.
    const mayAsk = needs !== undefined && isUntouched(run, index, outcome);
    const lasts = reason === 'overloaded' && waitedMs >= catchUp.forMs;
    if (mayAsk && lasts && asksWhileOverloaded()) return outcome;
    journal.waitingFor(`the gate (${reason}): ${detail}`);
    await sleep(patience.everyMs, { summary: `the gate refused ${key}: ${reason}` });
  }
}
