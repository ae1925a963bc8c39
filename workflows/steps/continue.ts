// Continue as new: a long incident starts a fresh history, and takes everything it knows along.

import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Carried } from '../carried.ts';
import type { IncidentInput } from '../messages.ts';
import { type Run, throwIfStopped } from '../run.ts';
import { longestHistory } from '../timings.ts';

/** The workflow's own signature, as a type: importing the workflow here would be a circle. */
type Incident = (input: IncidentInput, carried: Carried) => Promise<unknown>;

/** Whether the history has grown long enough. */
export function continuingIsDue({ input }: Run): boolean {
  const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
  const { continueAsNewAfterEvents = longestHistory.events } = input.settings;
  return (
    continueAsNewSuggested || historyLength >= continueAsNewAfterEvents || historySize >= longestHistory.bytes
  );
}

/**
 * Continues as new when Temporal suggests it (or the setting says so); never comes back then. Called only between steps:
 * no effect is under way, everything recorded is stored, no handler is half done.
 */
export async function continueAsNewWhenDue(run: Run): Promise<void> {
  if (!continuingIsDue(run)) return;
  const { journal, saga, courier, memory, input } = run;
  await courier.idle();
  await condition(allHandlersFinished);
  await journal.drained();
  throwIfStopped(); // a stop is not carried over: it ends this run
  await continueAsNew<Incident>(input, {
    state: journal.state(),
    timeline: journal.timeline(),
    compensations: saga.pending(),
    memory,
    ...(run.late.length === 0 ? {} : { late: run.late }),
  });
}
