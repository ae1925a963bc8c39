// IncidentWorkflows: is an incident's workflow there, and if not, start another from the record.

import { WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { IncidentWorkflows } from '../../api/ports.ts';
import { type Carried, incidentWorkflowType } from '../../workflows/messages.ts';
import { type IncidentStarterOptions, shown } from './incident-starter.ts';

export function createIncidentWorkflows({
  client,
  taskQueue,
  settings,
}: IncidentStarterOptions): IncidentWorkflows {
  return {
    async goneReason(incidentId) {
      try {
        const { status } = await client.workflow.getHandle(incidentId).describe();
        // Temporal describes the latest run: one that continued as new is another, and running.
        if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' || status.name === 'PAUSED')
          return null;
        return `its workflow ended (${status.name.toLowerCase().replaceAll('_', ' ')})`;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'Temporal does not know its workflow';
        throw error;
      }
    },

    async restart({ state, timeline, evidenceRefs }, restart) {
      const { incidentId, fingerprint, episode, scope, severity, title } = state;
      const input = { incidentId, fingerprint, episode, scope, severity, title };
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
