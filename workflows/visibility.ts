// What an on-call engineer reads of an incident in the Temporal Web UI: search attributes and current details.

import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { incidentPage } from '../domain/incident/page.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import { searchAttributes } from './search-attributes.ts';

/** Brings the Web UI up to date with the state; an upsert costs history, so only when a shown value changed. */
export function showProgress(before: IncidentState | null, after: IncidentState, waitingFor: string): void {
  setCurrentDetails(incidentPage(after, waitingFor));
  const opened = before === null;
  if (!opened && before.status === after.status && before.severity === after.severity) return;
  upsertSearchAttributes([
    { key: searchAttributes.status, value: after.outcome ?? after.status },
    { key: searchAttributes.severity, value: after.severity },
    ...(opened
      ? [
          { key: searchAttributes.service, value: after.scope.service },
          { key: searchAttributes.environment, value: after.scope.environment },
        ]
      : []),
  ]);
}
