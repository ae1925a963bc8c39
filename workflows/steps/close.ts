// The end of an incident: recorded, its episode closed so that the next occurrence opens a new one, people told, the
// story written down.

import { ActivityFailure, allHandlersFinished, condition, log } from '@temporalio/workflow';
import { unjudged } from '../../domain/incident/anomalies.ts';
import { incidentSummary } from '../../domain/incident/page.ts';
import type { IncidentOutcome } from '../../domain/incident/status.ts';
import { bestEffort, records } from '../proxies.ts';
import type { Ending, Run } from '../run.ts';
import { leftInPlace } from './left-in-place.ts';

export type IncidentResult = {
  readonly outcome: IncidentOutcome;
  readonly reason: string;
  readonly actor: string;
  readonly attempts: number;
};

/** Closes the incident; resolves when nothing is left to do. Call it inside a non-cancellable scope. */
export async function close(run: Run, ending: Ending): Promise<IncidentResult> {
  const { journal, courier, input } = run;
  const { outcome, reason, actor, end } = ending;
  // What nobody has looked at is not closed away: it goes back to correlation, and opens an incident of its own. Where a
  // person had it in hand, that person has looked.
  if (!run.fromBefore && end === undefined) run.late.push(...unjudged(journal.state(), run.memory.judged));
  const closed = journal.record({
    type: 'incident-closed',
    outcome,
    reason,
    actor,
    ...(end === undefined ? {} : { end }),
    ...leftInPlace(run, outcome),
  });
  if (!closed.accepted) throw new Error(`an incident cannot end as ${outcome}: ${closed.reason}`);
  const text = incidentSummary(journal.state(), `${outcome}: ${reason}`);
  courier.send(outcome === 'escalated' && end === undefined ? 'escalated' : 'closed', text);
  await journal.drained();
  await records.closeEpisode.executeWithOptions({ summary: 'close the episode' }, [
    { incidentId: input.incidentId, outcome },
  ]);
  await draftPostmortem(run);
  await leave(run);
  return { outcome, reason, actor, attempts: journal.state().attempt };
}

/** An incident without a postmortem is still closed. */
async function draftPostmortem({ journal, input, memory }: Run): Promise<void> {
  try {
    const { digest } = await bestEffort.draftPostmortem.executeWithOptions(
      { summary: 'write the postmortem' },
      [{ incidentId: input.incidentId, evidenceRefs: memory.evidenceRefs }],
    );
    journal.record({ type: 'postmortem-drafted', digest });
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('the postmortem could not be written', { incidentId: input.incidentId, error: String(error) });
  }
}

/**
 * Until the episode was closed, correlation still gave us anomalies; those that came after the end belong to the next
 * episode. A message that arrives with the very last task makes Temporal run that task again, with it.
 */
async function leave(run: Run): Promise<void> {
  const { journal, courier, input } = run;
  for (;;) {
    await journal.drained();
    await courier.idle();
    await condition(allHandlersFinished);
    if (run.late.length === 0) return;
    const anomalies = run.late;
    run.late = [];
    await records.returnAnomalies.executeWithOptions({ summary: 'hand late anomalies back to correlation' }, [
      { incidentId: input.incidentId, anomalies },
    ]);
  }
}
