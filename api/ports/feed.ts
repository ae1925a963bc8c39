// The events of all incidents in one final order, which live streams are read from.

import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentSummary } from './incidents.ts';

/** An event of any incident, where it stands among the events of all, and what is known of its incident by now. */
export type FeedEvent = {
  readonly position: number;
  readonly incident: IncidentSummary;
  readonly event: IncidentEvent;
};

/** The events of all incidents in one order that never changes behind a reader's back. */
export interface EventFeed {
  /** Up to here the order is final: everything at or before it can be read now. 0 before the first event. */
  head(): Promise<number>;
  /** Whether an event stands at the position or after it; a position that some reader was given always passes. */
  reaches(position: number): Promise<boolean>;
  /** Final events after a position, in order; never one that another could still come before. */
  read(after: number, limit: number): Promise<readonly FeedEvent[]>;
}
