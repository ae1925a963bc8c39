// The incident workflow: one durable run per episode, from the first anomaly to a verified end. It reads as the runbook it
// is; each step has its file in steps/, every timeout is in proxies.ts, every rule of what may happen in domain/incident.

import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { HashedPlan } from '../domain/remediation/plan.ts';
import type { Carried } from './carried.ts';
import { registerHandlers } from './handlers.ts';
import type { IncidentInput } from './messages.ts';
import { type Ending, type Run, startRun } from './run.ts';
import { askAgain, obtainGrant } from './steps/approve.ts';
import { carryOut } from './steps/carry-out.ts';
import { close, type IncidentResult } from './steps/close.ts';
import { continueAsNewWhenDue } from './steps/continue.ts';
import { escalation, resolved } from './steps/endings.ts';
import { handedOver, handOver } from './steps/hand-over.ts';
import { interrupted } from './steps/interrupted.ts';
import { propose } from './steps/propose.ts';
import { anotherAnalysis } from './steps/reanalyse.ts';
import { recoveredByItself, settle, watch } from './steps/recover.ts';
import { noteRestart, restarted } from './steps/restart.ts';
import { unlessSilenced } from './steps/silence.ts';
import { stopped } from './steps/stop.ts';
import { undoAndJudge } from './steps/undo.ts';
import { type Attempt, verifyPlan } from './steps/verify.ts';

/** Handles one incident. `carried` is what an earlier run left when it continued as new, or the record when it was lost. */
export async function incident(
  input: IncidentInput,
  carried: Carried | null = null,
): Promise<IncidentResult> {
  const run = startRun(input, carried);
  if (carried === null) open(run);
  else if (carried.restart !== undefined) noteRestart(run, carried.restart);
  registerHandlers(run);
  return Promise.race([handle(run, carried), run.journal.contradicted()]);
}

async function handle(run: Run, carried: Carried | null): Promise<IncidentResult> {
  let ending: Ending;
  let cancellation: unknown = null;
  try {
    ending = handedOver(run) ?? (await run.scope.run(() => respond(run, carried)));
    if (run.stop !== null) throw stopped(); // it came with the last answer, and was accepted
  } catch (error) {
    ending = await CancellationScope.nonCancellable(() => interrupted(run, error));
    if (isCancellation(error) && run.stop === null) cancellation = error;
  }
  ending = await handOver(run, ending);
  const over = ending;
  const result = await CancellationScope.nonCancellable(() => close(run, over));
  if (cancellation !== null) throw cancellation; // all is undone and closed; Temporal shows the run as cancelled
  return result;
}

function open({ input, journal, courier }: Run): void {
  const { scope, severity, title, fingerprint, episode, follows } = input;
  const again = follows === undefined ? {} : { follows };
  journal.record({ type: 'incident-opened', scope, severity, title, fingerprint, episode, ...again });
  courier.send('opened', `${severity}: ${title} (${scope.environment}/${scope.service})`);
}

async function respond(run: Run, carried: Carried | null): Promise<Ending> {
  if (carried === null) await settle(run);
  const handedOver = carried?.restart === undefined ? null : await restarted(run, carried.restart);
  if (handedOver !== null) return handedOver;
  for (;;) {
    await continueAsNewWhenDue(run);
    const ending = await goOn(run);
    if (ending !== null) return unlessSilenced(run, ending);
  }
}

/** One round of the runbook; the ending, or null when there is more to do. */
async function goOn(run: Run): Promise<Ending | null> {
  const { verifying, watching } = run.memory;
  const { hashedPlan } = run.journal.state();
  // What the run before was in the middle of when it continued as new.
  if (verifying !== null && hashedPlan !== null)
    return judge(run, hashedPlan, await verifyPlan(run, hashedPlan));
  if (watching !== null) return leaveAlone(run, watching.reason, true);

  const recovery = await recoveredByItself(run);
  if (recovery !== null) return recovery;
  const proposal = await propose(run);
  if (proposal.kind === 'behind') return null;
  if (proposal.kind === 'nothing') return leaveAlone(run, proposal.reason, proposal.harmless);
  const grant = await obtainGrant(run, proposal.hashedPlan, proposal.verdict);
  if (grant.kind === 'ended') return grant.ending;
  return judge(run, proposal.hashedPlan, await carryOut(run, proposal.hashedPlan));
}

async function leaveAlone(run: Run, reason: string, harmless: boolean): Promise<Ending | null> {
  const watched = harmless ? await watch(run, reason) : null;
  if (watched !== null) return watched;
  return (await anotherAnalysis(run)) ? null : escalation(reason);
}

async function judge(run: Run, hashedPlan: HashedPlan, attempt: Attempt): Promise<Ending | null> {
  switch (attempt.kind) {
    case 'recovered':
      return resolved(attempt.reason);
    case 'ended':
      return attempt.ending;
    case 'outdated':
      return (await anotherAnalysis(run)) ? null : escalation(attempt.reason);
    case 'approval-needed':
      return (await askAgain(run, hashedPlan, attempt)) ? null : escalation(attempt.reason);
    case 'failed':
      return undoAndJudge(run, hashedPlan, attempt);
  }
}
