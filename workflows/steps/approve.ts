// The grant for a plan: policy's own `auto`, or people's approval. The store is the authority; messages only say "look".

import { condition } from '@temporalio/workflow';
import { symptomsGone } from '../../domain/incident/anomalies.ts';
import type { AskedApproval } from '../../domain/incident/events.ts';
import { incidentSummary } from '../../domain/incident/page.ts';
import { timeText } from '../../domain/incident/words.ts';
import { nameOf } from '../../domain/policy/identity.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import type { NeededApproval } from '../../domain/remediation/intent.ts';
import type { HashedPlan } from '../../domain/remediation/plan.ts';
import { records } from '../proxies.ts';
import type { Ending, Run } from '../run.ts';
import { approvalGraceMs, approvalRereadMs, maxRounds } from '../timings.ts';
import { continueAsNewWhenDue } from './continue.ts';
import { escalation } from './endings.ts';
import { nextLookAtMs, recoveredByItself } from './recover.ts';

export type Grant = { readonly kind: 'granted' } | { readonly kind: 'ended'; readonly ending: Ending };

/** Granted, or the ending: denied, rejected, expired, or the symptom went away while people thought about it. */
export async function obtainGrant(run: Run, { planHash }: HashedPlan, verdict: Verdict): Promise<Grant> {
  // Asked by the run before, or asked again: whatever policy said first.
  if (run.journal.state().status === 'awaiting-approval') return awaitApproval(run, planHash);
  switch (verdict.kind) {
    case 'auto':
      return { kind: 'granted' };
    case 'deny':
      return {
        kind: 'ended',
        ending: escalation(`policy denies it (rule ${verdict.rule}): ${verdict.reason}`),
      };
    case 'approval':
      await requestApproval(run, planHash, verdict);
      return awaitApproval(run, planHash);
  }
}

/**
 * Asks about a plan that was granted before, and of which nothing was done: votes that still count stay (none where it is asked
 * afresh), the deadline is new.
 * False when it was asked about often enough. The next round of the runbook awaits the answer.
 */
export async function askAgain(
  run: Run,
  { planHash }: HashedPlan,
  { needs, because }: Again,
): Promise<boolean> {
  const { approval } = run.journal.state();
  const round = 1 + (approval === null ? 0 : (approval.round ?? 1));
  if (round > maxRounds) return false;
  await requestApproval(run, planHash, needs, { round, because });
  return true;
}

type Again = { readonly needs: NeededApproval; readonly because: string };

async function requestApproval(
  run: Run,
  planHash: string,
  { role, quorum, deadlineSeconds, afresh }: NeededApproval,
  again: Pick<AskedApproval, 'round' | 'because'> = {},
): Promise<void> {
  const { journal, courier, input } = run;
  const deadlineMs = Date.now() + deadlineSeconds * 1_000;
  const terms = { planHash, role, quorum, deadlineMs, ...(afresh === undefined ? {} : { afresh }) };
  const asked: AskedApproval = { ...terms, ...again };
  journal.record({ type: 'approval-requested', ...asked });
  await journal.drained();
  await records.requestApproval.executeWithOptions(
    { summary: `ask ${quorum} × ${role} for ${planHash.slice(0, 12)}` },
    [{ incidentId: input.incidentId, ...asked }],
  );
  courier.send(
    'approval',
    incidentSummary(journal.state(), `needs ${quorum} × ${role} until ${timeText(deadlineMs)}`),
  );
}

async function awaitApproval(run: Run, planHash: string): Promise<Grant> {
  const { journal, input } = run;
  const deadlineMs = journal.state().approval?.deadlineMs ?? Date.now();
  for (;;) {
    run.nudged = false;
    const status = await records.readApproval.executeWithOptions({ summary: 'has it been decided?' }, [
      { incidentId: input.incidentId, planHash },
    ]);
    switch (status.kind) {
      case 'granted':
        journal.record({ type: 'approval-granted', planHash });
        return { kind: 'granted' };
      case 'rejected':
        run.memory = { ...run.memory, judged: Object.keys(journal.state().anomalies) }; // by the person
        journal.record({ type: 'approval-rejected', planHash, actor: status.actor, reason: status.reason });
        return {
          kind: 'ended',
          ending: escalation(`${nameOf(status.actor)} rejected the plan: ${status.reason}`),
        };
      case 'expired':
        return expired(run, planHash, deadlineMs);
      case 'pending':
        if (Date.now() >= deadlineMs + approvalGraceMs) return expired(run, planHash, deadlineMs);
    }
    const recovery = await recoveredByItself(run);
    if (recovery !== null) return { kind: 'ended', ending: recovery };
    await continueAsNewWhenDue(run);
    journal.waitingFor(`approval of plan ${planHash.slice(0, 12)} until ${timeText(deadlineMs)}`);
    const gone = symptomsGone(journal.state());
    const waitMs = gone
      ? Math.min(nextReadMs(deadlineMs), nextLookAtMs(run) - Date.now())
      : nextReadMs(deadlineMs);
    const happened = await condition(
      () => run.nudged || symptomsGone(journal.state()) !== gone,
      Math.max(1, waitMs),
      {
        summary: `approval of ${planHash.slice(0, 12)} until ${timeText(deadlineMs)}`,
      },
    );
    // Whom nobody answers may not be seen: a store that lost its tail does not show the question any more.
    if (!happened && !run.fromBefore) await journal.confirmed();
  }
}

function expired(run: Run, planHash: string, deadlineMs: number): Grant {
  run.journal.record({ type: 'approval-expired', planHash });
  return { kind: 'ended', ending: escalation(`nobody decided on the plan until ${timeText(deadlineMs)}`) };
}

/** Regularly, at the deadline, and in small steps after it, until the store's clock has passed it too. */
function nextReadMs(deadlineMs: number): number {
  const leftMs = deadlineMs - Date.now();
  return leftMs > 0 ? Math.min(leftMs, approvalRereadMs) : approvalGraceMs / 10;
}
