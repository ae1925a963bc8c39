// IncidentWorkflows: is an incident's workflow there, and if not, start another from the record.

import { Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  ApplicationFailure,
  type PayloadCodec,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import type { IncidentWorkflows } from '../../api/ports/restarts.ts';
import { type Carried, incidentWorkflowType, recordContradicted } from '../../workflows/messages.ts';
import { type IncidentStarterOptions, shown } from './incident-starter.ts';
import { PayloadRefused } from './payloads/codec.ts';

/** In the workflow's own words where it says them. */
async function failureOf(client: Client, incidentId: string): Promise<string> {
  try {
    await client.workflow.getHandle(incidentId).result();
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === recordContradicted) return cause.message;
    // Whoever reaches Temporal can end a workflow with words of theirs: not taken, and no reason to stop looking.
    if (!(error instanceof WorkflowFailedError || error instanceof PayloadRefused)) throw error;
  }
  return 'its workflow ended (failed)';
}

export function createIncidentWorkflows({
  client,
  taskQueue,
  settings,
}: IncidentStarterOptions): IncidentWorkflows {
  const looking = withoutPayloads(client);
  return {
    async goneReason(incidentId) {
      try {
        const { status } = await looking.workflow.getHandle(incidentId).describe();
        // Temporal describes the latest run: one that continued as new is another, and running.
        if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' || status.name === 'PAUSED')
          return null;
        if (status.name === 'FAILED') return await failureOf(client, incidentId);
        return `its workflow ended (${status.name.toLowerCase().replaceAll('_', ' ')})`;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'Temporal does not know its workflow';
        throw error;
      }
    },

    async restart({ state, timeline, evidenceRefs }, restart) {
      const { incidentId, fingerprint, episode, scope, severity, title, follows } = state;
      const again = follows === undefined ? {} : { follows };
      const input = { incidentId, fingerprint, episode, scope, severity, title, ...again };
      const carried: Carried = { state, timeline, compensations: [], memory: { evidenceRefs }, restart };
      try {
        await client.workflow.start(incidentWorkflowType, {
          workflowId: incidentId,
          taskQueue,
          args: [{ ...input, settings }, carried],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          ...shown(input),
        });
        return true;
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
        throw error;
      }
    },
  };
}

/** Takes no data beside a workflow (a memo): anybody may have put it there, and one that cannot be read would stop all looks. */
function withoutPayloads({ connection, options: { namespace } }: Client): Client {
  const nothing = { metadata: { encoding: Buffer.from('binary/null') } };
  const blank: PayloadCodec = {
    encode: async (payloads) => payloads,
    decode: async (payloads) => payloads.map(() => nothing),
  };
  return new Client({ connection, namespace, dataConverter: { payloadCodecs: [blank] } });
}
