// The incident workflow: one durable run per episode, from the first anomaly to a verified end. It reads as the runbook it
// is; each step has its file in steps/, every timeout is in proxies.ts, every rule of what may happen in domain/incident.

import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { registerHandlers } from './handlers.ts';
import type { IncidentInput } from './messages.ts';
import { type Carried, type Ending, type Run, startRun } from './run.ts';
import { obtainGrant } from './steps/approve.ts';
import { carryOut } from './steps/carry-out.ts';
import { close, type IncidentResult } from './steps/close.ts';
import { continueAsNewWhenDue } from './steps/continue.ts';
import { escalation, resolved } from './steps/endings.ts';
import { handedOver, handOver } from './steps/hand-over.ts';
import { interrupted } from './steps/interrupted.ts';
import { propose } from './steps/propose.ts';
import { anotherAnalysis } from './steps/reanalyse.ts';
import { recoveredByItself, settle, watch } from './steps/recover.ts';
import { undoAndJudge } from './steps/undo.ts';

/** Handles one incident. `carried` is what an earlier run of the same incident left, when it continued as new. */
export async function incident(
  input: IncidentInput,
  carried: Carried | null = null,
): Promise<IncidentResult> {
  const run = startRun(input, carried);
  if (carried === null) open(run);
  registerHandlers(run);

  let ending: Ending;
  let cancellation: unknown = null;
  try {
    ending = handedOver(run) ?? (await run.scope.run(() => respond(run, carried === null)));
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
  const { scope, severity, title, fingerprint, episode } = input;
  journal.record({ type: 'incident-opened', scope, severity, title, fingerprint, episode });
  courier.send('opened', `${severity}: ${title} (${scope.environment}/${scope.service})`);
}

async function respond(run: Run, fresh: boolean): Promise<Ending> {
  if (fresh) await settle(run);
  for (;;) {
    await continueAsNewWhenDue(run);
    const recovery = await recoveredByItself(run);
    if (recovery !== null) return recovery;

    const proposal = await propose(run);
    if (proposal.kind === 'nothing') {
      const watched = proposal.harmless ? await watch(run, proposal.reason) : null;
      if (watched !== null) return watched;
      if (await anotherAnalysis(run)) continue;
      return escalation(proposal.reason);
    }

    const grant = await obtainGrant(run, proposal.hashedPlan, proposal.verdict);
    if (grant.kind === 'ended') return grant.ending;

    const attempt = await carryOut(run, proposal.hashedPlan);
    if (attempt.kind === 'recovered') return resolved(attempt.reason);
    if (attempt.kind === 'ended') return attempt.ending;

    const verdict = await undoAndJudge(run, proposal.hashedPlan, attempt);
    if (verdict !== null) return verdict;
  }
}
