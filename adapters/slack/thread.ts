// The thread under the card: what happened, a few words an event, those of one delivery together.

import type { KnownBlock } from '@slack/web-api';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { Moment } from '../../domain/incident/moments.ts';
import { narrate } from '../../domain/incident/narrate.ts';
import { plainLine } from '../../domain/text.ts';
import { escaped, localTime, section } from './text.ts';

const longestLine = 220;
/** A storm is counted, not told. */
const shownEvents = 12;

/** Events that say nothing to a reader of the card. */
const quiet: readonly IncidentEvent['type'][] = ['enrichment-started', 'enriched', 'postmortem-drafted'];

export type ThreadMessage = {
  readonly text: string;
  readonly blocks: KnownBlock[];
  readonly broadcast: boolean;
};

const callsPeople: readonly Moment[] = ['approval', 'restarted', 'escalated'];

/** Null when nothing of it is worth a message. A call to people is shown in the channel, too, not only in the thread. */
export function threadMessage(
  events: readonly IncidentEvent[],
  moments: readonly Moment[],
  isNewCard: boolean,
): ThreadMessage | null {
  const telling = events.filter(({ type }) => !quiet.includes(type));
  if (telling.length === 0) return null;
  const left = telling.length - shownEvents;
  const lines = telling
    .slice(-shownEvents)
    .map((event) => `${localTime(event.atMs)} ${escaped(plainLine(narrate(event), longestLine))}`);
  const last = telling.at(-1);
  return {
    text: last === undefined ? '' : escaped(plainLine(narrate(last), longestLine)),
    blocks: [section([...(left > 0 ? [`_${left} earlier events_`] : []), ...lines])],
    broadcast: !isNewCard && moments.some((moment) => callsPeople.includes(moment)),
  };
}
