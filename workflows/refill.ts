// After a store lost the tail of an incident's events (a fail-over to a replica that was behind): what is to be sent again.

import type { IncidentEvent } from '../domain/incident/events.ts';

/** Event numbers that nobody has any more: after `afterSeq` up to `throughSeq`. */
export type LostEvents = { readonly afterSeq: number; readonly throughSeq: number };

/**
 * The events to send so that they continue `storedSeq`. `recent` are the latest events that are still at hand; when they do
 * not go back far enough, `lost` says what is missing in between, and the record goes on after it.
 */
export function refill(
  recent: readonly IncidentEvent[],
  pending: readonly IncidentEvent[],
  storedSeq: number,
): { readonly events: readonly IncidentEvent[]; readonly lost: LostEvents | null } {
  const firstPending = pending[0]?.seq ?? Number.POSITIVE_INFINITY;
  const again = recent.filter(({ seq }) => seq > storedSeq && seq < firstPending);
  const events = [...again, ...pending];
  const first = events[0]?.seq ?? storedSeq + 1;
  return {
    events,
    lost: first > storedSeq + 1 ? { afterSeq: storedSeq, throughSeq: first - 1 } : null,
  };
}
