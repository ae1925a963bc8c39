// Incidents whose workflow is gone: found, claimed, and started again from the record.

import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';

/** An open incident as the record has it: what a new workflow starts from, and what says whether it may. */
export type IncidentRecord = {
  readonly state: IncidentState;
  /** The latest events. */
  readonly timeline: readonly IncidentEvent[];
  readonly evidenceRefs: readonly string[];
  /** How often it was claimed for a restart, this time included. */
  readonly restarts: number;
  /** Something passed the gate for it. */
  readonly hasActed: boolean;
  readonly episodeOpen: boolean;
};

export interface IncidentRestarts {
  /** Ids of all incidents that are open by the record. */
  open(): Promise<readonly string[]>;
  /** For one process at a time; null when another has it, or when it is closed. */
  claim(incidentId: string): Promise<IncidentRecord | null>;
}

export interface IncidentWorkflows {
  /** Why the incident has no running workflow; null when it has one. */
  goneReason(incidentId: string): Promise<string | null>;
  /** Starts a workflow from the record; false when one runs already. `handOver`: why a person must go on with it. */
  restart(
    record: Pick<IncidentRecord, 'state' | 'timeline' | 'evidenceRefs'>,
    restart: { readonly reason: string; readonly handOver: string | null },
  ): Promise<boolean>;
}
