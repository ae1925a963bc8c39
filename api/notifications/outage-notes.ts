// An incident says itself when a channel could not be told of it, and when it could again: whoever reads it anywhere else
// knows who has not heard. A note id is made of the failure, so the same thing is said once, however often it is tried.

import { timeText } from '../../domain/incident/words.ts';
import { plainLine } from '../../domain/text.ts';
import type { Logger } from '../ports/logger.ts';
import type { IncidentMessenger } from '../ports/messenger.ts';
import type { Channel, NotificationStore } from './ports.ts';

/** A passing fault of a minute or so is nobody's business. */
const failuresBeforeNote = 5;
const longestReason = 300;
const author = 'sentinel';
const meanwhile = 'An approval that is asked for stays open in the dashboard, the API and the command line.';

export type OutageNotesDeps = {
  readonly messenger: Pick<IncidentMessenger, 'addNote'>;
  readonly store: Pick<NotificationStore, 'noted'>;
  readonly log: Logger;
};

export type Failure = {
  readonly sinceMs: number;
  readonly failures: number;
  readonly reason: string;
  /** It will not pass by itself. */
  readonly blocked: boolean;
  readonly notedSinceMs: number | null;
};

/** Says in the incident that the channel cannot be told, when it is time to. Never throws. */
export async function noteFailure(
  channel: Channel,
  incidentId: string,
  { sinceMs, failures, reason, blocked, notedSinceMs }: Failure,
  deps: OutageNotesDeps,
): Promise<void> {
  if (notedSinceMs === sinceMs || !(blocked || failures >= failuresBeforeNote)) return;
  const text =
    `${channel.title} could not be told of this incident since ${timeText(sinceMs)}: ${plainLine(reason, longestReason)}. ` +
    `It is tried again. ${meanwhile}`;
  await say(channel, incidentId, `${channel.name}-failing-${sinceMs}`, text, sinceMs, deps);
}

/** Says in the incident that the channel was told again, when a note had said that it could not be. Never throws. */
export async function noteRecovery(
  channel: Channel,
  incidentId: string,
  notedSinceMs: number | null,
  deps: OutageNotesDeps,
): Promise<void> {
  if (notedSinceMs === null) return;
  const text = `${channel.title} is up to date with this incident again; it was not since ${timeText(notedSinceMs)}.`;
  await say(channel, incidentId, `${channel.name}-works-${notedSinceMs}`, text, null, deps);
}

/**
 * Says in the incident, once, that the channel does not take a message about it, which is not tried again. Once, because a note
 * is news as well, and may be refused as well. Never throws.
 */
export async function noteRefusal(
  channel: Channel,
  incidentId: string,
  reason: string,
  { messenger, log }: OutageNotesDeps,
): Promise<void> {
  const text = `${channel.title} refused a message about this incident: ${plainLine(reason, longestReason)}. ${meanwhile}`;
  try {
    await messenger.addNote(incidentId, `${channel.name}-refused`, author, text);
  } catch (error) {
    log.warn({ err: error, incidentId, channel: channel.name }, 'the incident could not be given a note');
  }
}

/** An incident that has ended takes no notes any more; that is an answer, too. */
async function say(
  channel: Channel,
  incidentId: string,
  noteId: string,
  text: string,
  notedSinceMs: number | null,
  { messenger, store, log }: OutageNotesDeps,
): Promise<void> {
  try {
    await messenger.addNote(incidentId, noteId, author, text);
    await store.noted(channel.name, incidentId, notedSinceMs);
  } catch (error) {
    log.warn({ err: error, incidentId, channel: channel.name }, 'the incident could not be given a note');
  }
}
