// The decisions that wait for people, and what is known of the incidents that a page lists.

import { type Briefing, briefing } from '../../domain/incident/briefing.ts';
import type { PendingApproval } from '../ports/approvals.ts';
import type { IncidentReader } from '../ports/incidents.ts';

/** Those with the nearest deadlines, the nearest first. */
export function mostUrgent(pending: readonly PendingApproval[], most: number): readonly PendingApproval[] {
  return pending.toSorted((left, right) => left.deadlineMs - right.deadlineMs).slice(0, most);
}

/** Of those incidents that there are, by id, read in one look. */
export async function briefingsOf(
  incidents: Pick<IncidentReader, 'states'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Briefing>> {
  const states = await incidents.states([...new Set(ids)]);
  return new Map([...states].map(([id, state]) => [id, briefing({ state })]));
}
