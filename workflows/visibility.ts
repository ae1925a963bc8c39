// What an on-call engineer reads of an incident in the Temporal Web UI: search attributes and current details.

import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { incidentPage } from '../domain/incident/page.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import { searchAttributes } from './search-attributes.ts';

type Shown = { readonly status: string; readonly severity: string };

export type Progress = {
  /** Something was recorded. */
  changed(state: IncidentState): void;
  waiting(state: IncidentState, what: string): void;
};

/** Keeps the Web UI up to date; an upsert costs history, so only when a value that lasts has changed. */
export function createProgress(fromBefore: boolean, start: IncidentState | null): Progress {
  let waitingFor = '';
  let status = start?.status ?? null;
  let shown = start === null ? null : shownOf(start);
  return {
    changed(state) {
      if (state.status !== status) waitingFor = '';
      status = state.status;
      setCurrentDetails(incidentPage(state, waitingFor));
      const now = shownOf(state);
      const opened = shown === null;
      if (shown?.status === now.status && shown.severity === now.severity) return;
      if (!fromBefore && shown?.severity === now.severity && passes(state)) return;
      shown = now;
      upsertSearchAttributes([
        { key: searchAttributes.status, value: now.status },
        { key: searchAttributes.severity, value: now.severity },
        ...(opened
          ? [
              { key: searchAttributes.service, value: state.scope.service },
              { key: searchAttributes.environment, value: state.scope.environment },
            ]
          : []),
      ]);
    },
    waiting(state, what) {
      waitingFor = what;
      setCurrentDetails(incidentPage(state, what));
    },
  };
}

function shownOf({ outcome, status, severity }: IncidentState): Shown {
  return { status: outcome ?? status, severity };
}

/** Over within a second or so: nobody searches for it. */
function passes({ status, hashedPlan }: IncidentState): boolean {
  return status === 'diagnosing' || status === 'planning' || (status === 'deciding' && hashedPlan !== null);
}
