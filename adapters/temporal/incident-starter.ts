// Takes anomalies to their incidents: signals the running workflow, starting it when it does not run yet.

import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ofIncident } from '../../domain/incident/priorities.ts';
import type { IncidentStarter } from '../../ingest/ports.ts';
import {
  type AnomalyNews,
  anomalyCleared,
  anomalyNews,
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
    async tell(input, news) {
      const signal = messageOf(news);
      try {
        // The end of a finding never starts an incident.
        if (news.every(({ kind }) => kind === 'cleared')) {
          await client.workflow.getHandle(input.incidentId).signal(signal.name, ...signal.args);
          return 'signalled';
        }
        await client.workflow.signalWithStart(incidentWorkflowType, {
          workflowId: input.incidentId,
          taskQueue,
          args: [{ ...input, settings } satisfies IncidentInput],
          signal: signal.name,
          signalArgs: signal.args,
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          ...shown(input),
        });
        return 'signalled';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError)
          return 'closed';
        throw error;
      }
    },
  };
}

/** One alone is told as it always was: workers of the release before understand it, too. */
function messageOf(news: readonly AnomalyNews[]): { readonly name: string; readonly args: unknown[] } {
  const [only] = news;
  if (news.length !== 1 || only === undefined) return { name: anomalyNews.name, args: [news] };
  if (only.kind === 'observed') return { name: anomalyObserved.name, args: [only.anomaly] };
  const { anomalyId, clearedMs } = only;
  return { name: anomalyCleared.name, args: [{ anomalyId, clearedMs }] };
}

/** What the Web UI shows of an incident from its first second. */
export function shown({ title, severity, scope, fingerprint, episode }: Omit<IncidentInput, 'settings'>) {
  const where = `${scope.environment}/${scope.service}`;
  return {
    priority: ofIncident(severity),
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
