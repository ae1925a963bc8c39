// The decisions that are waited for, the nearest deadline first, each with what is known of its incident.

import { type Briefing, briefing } from '../../domain/incident/briefing.ts';
import type { IncidentReader, PendingApproval } from '../ports.ts';

export type Waiting = {
  readonly pending: PendingApproval;
  /** Null when the incident cannot be found. */
  readonly about: Briefing | null;
};

/** At most `most` of them, read in one look. */
export async function loadWaiting(
  incidents: Pick<IncidentReader, 'states'>,
  pending: readonly PendingApproval[],
  most: number,
): Promise<readonly Waiting[]> {
  const shown = pending.toSorted((left, right) => left.deadlineMs - right.deadlineMs).slice(0, most);
  const states = await incidents.states(shown.map(({ incidentId }) => incidentId));
  return shown.map((one) => {
    const state = states.get(one.incidentId);
    return { pending: one, about: state === undefined ? null : briefing({ state }) };
  });
}
