// Takes anomalies to their incidents: signals the running workflow, starting it when it does not run yet.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { IncidentStarter } from '../../ingest/ports.ts';
import {
  anomalyCleared,
  anomalyObserved,
  type IncidentInput,
  type IncidentSettings,
  incidentWorkflowType,
} from '../../workflows/messages.ts';
import { searchAttributes } from '../../workflows/search-attributes.ts';

export type IncidentStarterOptions = {
  readonly client: Client;
  readonly taskQueue: string;
  /** What incidents that are started from now on keep for their whole life. */
  readonly settings: IncidentSettings;
};

/** An incident's id is its workflow id, and an id is never used twice: an ended incident answers `closed`. */
export function createIncidentStarter({
  client,
  taskQueue,
  settings,
}: IncidentStarterOptions): IncidentStarter {
  return {
    async observed(input, anomaly) {
      try {
        await client.workflow.signalWithStart(incidentWorkflowType, {
          workflowId: input.incidentId,
          taskQueue,
          args: [{ ...input, settings } satisfies IncidentInput],
          signal: anomalyObserved,
          signalArgs: [anomaly],
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          ...shown(input),
        });
        return 'signalled';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'closed';
        throw error;
      }
    },

    async cleared(incidentId, anomalyId, clearedMs) {
      try {
        await client.workflow.getHandle(incidentId).signal(anomalyCleared, { anomalyId, clearedMs });
        return 'signalled';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        throw error;
      }
    },
  };
}

/** What the Web UI shows of an incident from its first second. */
export function shown({ title, severity, scope, fingerprint, episode }: Omit<IncidentInput, 'settings'>) {
  const where = `${scope.environment}/${scope.service}`;
  return {
    staticSummary: `${severity}: ${title}`,
    staticDetails: `**${title}**\n\n${where}, episode ${episode} of fingerprint \`${fingerprint}\``,
    typedSearchAttributes: [
      { key: searchAttributes.service, value: scope.service },
      { key: searchAttributes.environment, value: scope.environment },
      { key: searchAttributes.severity, value: severity },
      { key: searchAttributes.status, value: 'detected' },
    ],
  };
}
