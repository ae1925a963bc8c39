// Messages carry metadata saying what they are. After a crash between sending one and noting so, the channel is asked
// whether it is there already, instead of sending it twice.

import type { WebClient } from '@slack/web-api';
import { z } from 'zod';

const eventType = 'sentinel_incident';
const pageSize = 200;
/** Clocks of Slack and ours. */
const slackSeconds = 120;

export const timelinePart = 'timeline-';

export type MessageTag = {
  readonly incidentId: string;
  /** The card, the call that it is back, or the part of the timeline up to an event. */
  readonly part: 'card' | 'call' | `${typeof timelinePart}${number}`;
};

export function metadataOf({ incidentId, part }: MessageTag) {
  return { event_type: eventType, event_payload: { incident_id: incidentId, part } };
}

const messageSchema = z.object({
  ts: z.string(),
  metadata: z.object({
    event_type: z.literal(eventType),
    event_payload: z.object({ incident_id: z.string(), part: z.string() }),
  }),
});

/**
 * The timestamp of our message with this tag sent since then, in the channel or in a thread; null when there is none. Throws
 * what Slack answers.
 */
export async function findOwnMessage(
  client: WebClient,
  tag: MessageTag,
  where: { readonly channel: string; readonly thread?: string; readonly sinceMs: number },
): Promise<string | null> {
  const { channel, thread, sinceMs } = where;
  const page = {
    channel,
    oldest: String(Math.floor(sinceMs / 1_000) - slackSeconds),
    limit: pageSize,
    include_all_metadata: true,
  };
  const { messages } =
    thread === undefined
      ? await client.conversations.history(page)
      : await client.conversations.replies({ ...page, ts: thread });
  for (const message of messages ?? []) {
    const ours = messageSchema.safeParse(message);
    if (!ours.success) continue;
    const { incident_id: incidentId, part } = ours.data.metadata.event_payload;
    if (incidentId === tag.incidentId && part === tag.part) return ours.data.ts;
  }
  return null;
}
