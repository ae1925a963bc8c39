// Talks to running incidents for the API: updates with an answer, and a signal where only the hand-over matters.

import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import type { IncidentMessenger } from '../../api/ports/messenger.ts';
import * as messages from '../../workflows/messages.ts';

type Answer = { readonly accepted: boolean; readonly reason: string };

export type IncidentMessengerOptions = {
  readonly client: Client;
  /** How long an update may take. A worker answers in tens of milliseconds; a person waits for this. */
  readonly updateTimeoutMs?: number;
};

export function createIncidentMessenger({
  client,
  updateTimeoutMs = 3_000,
}: IncidentMessengerOptions): IncidentMessenger {
  async function update<Argument>(
    incidentId: string,
    definition: UpdateDefinition<messages.Accepted, [Argument]>,
    updateId: string | null,
    argument: Argument,
  ): Promise<Answer> {
    const handle = client.workflow.getHandle(incidentId);
    try {
      await client.withDeadline(Date.now() + updateTimeoutMs, () =>
        handle.executeUpdate(definition.name, {
          args: [argument],
          ...(updateId === null ? {} : { updateId }),
        }),
      );
      return { accepted: true, reason: '' };
    } catch (error) {
      const refused = refusalOf(error);
      if (refused === null) throw error;
      return { accepted: false, reason: refused };
    }
  }

  return {
    async approvalDecided(incidentId, decision) {
      try {
        // A refusal is an answer, too: the workflow knows it already, or does not wait for it (any more).
        await update(incidentId, messages.decideApproval, decision.approvalId, decision);
      } catch {
        await signalDecision(client, incidentId, decision);
      }
    },
    takeOver: (incidentId, actor, reason) =>
      update(incidentId, messages.takeOver, `take-over/${actor}`, { actor, reason }),
    abort: (incidentId, actor, reason) =>
      update(incidentId, messages.abort, `abort/${actor}`, { actor, reason }),
    close: (incidentId, actor, reason) =>
      update(incidentId, messages.closeIncident, `close/${actor}`, { actor, reason }),
    // Under no id of ours: a run that has ended would go on answering for what it had taken, although its record may not have it.
    effectSettled: (incidentId, settled) => update(incidentId, messages.effectSettled, null, settled),
    rollbackNews: (incidentId, news) => update(incidentId, messages.rollbackNews, null, news),
    addNote: (incidentId, noteId, actor, text) =>
      update(incidentId, messages.addNote, noteId, { noteId, actor, text }),
  };
}

/** A signal is taken by the server even while no worker runs; an incident that has ended needs no decision any more. */
async function signalDecision(
  client: Client,
  incidentId: string,
  decision: messages.ApprovalDecided,
): Promise<void> {
  try {
    await client.workflow.getHandle(incidentId).signal(messages.approvalDecided, decision);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** The reason when the workflow refused the update or has ended; null when it could not be asked. */
function refusalOf(error: unknown): string | null {
  if (error instanceof WorkflowNotFoundError) return 'closed: the incident does not run';
  if (!(error instanceof WorkflowUpdateFailedError)) return null;
  const { cause } = error;
  return cause instanceof ApplicationFailure && cause.type === messages.updateRefused ? cause.message : null;
}
