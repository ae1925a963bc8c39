// The moments of an incident that people are told of wherever they are; everything else is for those who follow it.

import type { IncidentEventBody } from './events.ts';
import type { IncidentState } from './state.ts';

/** `escalated`: handed to a person; `closed`: the end, also of what a person had in hand. */
export const moments = ['opened', 'approval', 'restarted', 'escalated', 'closed'] as const;
export type Moment = (typeof moments)[number];

/** The moment that an event is; null for most. */
export function momentOf(event: IncidentEventBody): Moment | null {
  switch (event.type) {
    case 'incident-opened':
      return 'opened';
    case 'approval-requested':
    // Somebody has to decide: keep it, undo it, or take over.
    case 'verification-held':
      return 'approval';
    case 'workflow-restarted':
      return 'restarted';
    case 'handed-over':
      return event.outcome === 'escalated' ? 'escalated' : 'closed';
    case 'incident-closed':
      return event.outcome === 'escalated' && event.end === undefined ? 'escalated' : 'closed';
    default:
      return null;
  }
}

/** The moments that still say something to somebody who has heard of nothing so far, in order. */
export function momentsNow(
  state: Pick<IncidentState, 'status' | 'outcome' | 'held' | 'end'>,
): readonly Moment[] {
  if (state.status === 'awaiting-approval' || state.held !== undefined) return ['opened', 'approval'];
  if (state.outcome === null) return ['opened'];
  return ['opened', state.outcome === 'escalated' && state.end === undefined ? 'escalated' : 'closed'];
}
