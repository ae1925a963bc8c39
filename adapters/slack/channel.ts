// Slack as a channel of the notification dispatcher: one message per incident, edited in place, and its thread as the timeline.
// What comes back soon is told in the thread of the first.

import { createHash } from 'node:crypto';
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Channel, Delivery, DeliveryResult } from '../../api/notifications/ports.ts';
import type { Logger } from '../../api/ports/logger.ts';
import { type Card, type CardLinks, callText, renderCard } from './card.ts';
import { errorName, failureOf } from './failures.ts';
import { findOwnMessage, type MessageTag, metadataOf, timelinePart } from './own-messages.ts';
import { threadMessage } from './thread.ts';

export type SlackChannelOptions = {
  readonly client: WebClient;
  /** Id of the conversation, such as `C0123456789`. */
  readonly conversation: string;
  readonly linksOf: (incidentId: string) => CardLinks;
  readonly log: Logger;
  readonly nowMs: () => number;
};

const memorySchema = z.object({
  /** Where the card is. */
  conversation: z.string().optional(),
  card: z.string().optional(),
  /** The message whose thread all of it is in: of the first incident with the same symptom. Absent: the card itself. */
  thread: z.string().optional(),
  /** Why people were called again. */
  because: z.string().optional(),
  /** Of the card as it was last sent. */
  digest: z.string().optional(),
  /** The timeline was told up to this event. */
  threadSeq: z.number().default(0),
  /** People were called again for it. */
  called: z.boolean().optional(),
  /** A message that was about to be sent, and since when: it may be there. */
  begun: z
    .object({
      part: z.union([z.literal('card'), z.literal('call'), z.templateLiteral([timelinePart, z.int()])]),
      sinceMs: z.number(),
    })
    .optional(),
});
type Memory = z.output<typeof memorySchema>;

export function createSlackChannel(options: SlackChannelOptions): Channel {
  const { conversation } = options;
  return {
    name: 'slack',
    title: `Slack (${conversation})`,
    follows: 'everything',
    async deliver(delivery) {
      try {
        return await bringUpToDate(delivery, options);
      } catch (error) {
        if (error instanceof Error && error.name === 'LeaseLost') throw error;
        return failureOf(error);
      }
    },
  };
}

async function bringUpToDate(delivery: Delivery, options: SlackChannelOptions): Promise<DeliveryResult> {
  const { briefing, call } = delivery;
  let memory = await recall(delivery, options);
  const isNew = memory.card === undefined;
  const because = call.kind === 'aloud' && call.because !== null ? { because: call.because } : {};
  if (!isNew) memory = await callAgain(memory, delivery, options);
  memory = { ...memory, ...because };
  const card = renderCard(briefing, options.linksOf(briefing.incidentId), memory.because);
  memory = await placeCard(card, memory, delivery, options);
  memory = await continueThread(isNew, memory, delivery, options);
  return { kind: 'delivered', memory };
}

/** What is known of the incident's messages. One that was about to be sent when the process died is looked for first. */
async function recall(delivery: Delivery, options: SlackChannelOptions): Promise<Memory> {
  const { conversation } = options;
  const known = memorySchema.safeParse(delivery.memory ?? {});
  // Another conversation was configured meanwhile: the incident begins anew there.
  if (!known.success || known.data.conversation !== conversation) return beginning(delivery, conversation);
  const { begun, ...memory } = known.data;
  if (begun === undefined) return memory;
  const found = await findBegun(begun, threadOf(memory), delivery, options);
  if (found === null) return memory;
  if (begun.part === 'card') return { ...memory, card: found };
  if (begun.part === 'call') return { ...memory, called: true };
  return { ...memory, threadSeq: Math.max(memory.threadSeq, Number(begun.part.slice(timelinePart.length))) };
}

/** Nothing was posted yet. What follows an incident that was told here goes into its thread. */
function beginning({ conversation: first }: Delivery, conversation: string): Memory {
  const known = memorySchema.safeParse(first?.memory ?? {});
  const thread = known.success && known.data.conversation === conversation ? threadOf(known.data) : undefined;
  return { conversation, threadSeq: 0, ...(thread === undefined ? {} : { thread }) };
}

function threadOf({ thread, card }: Pick<Memory, 'thread' | 'card'>): string | undefined {
  return thread ?? card;
}

async function findBegun(
  { part, sinceMs }: NonNullable<Memory['begun']>,
  parent: string | undefined,
  { briefing: { incidentId } }: Delivery,
  { client, conversation, log }: SlackChannelOptions,
): Promise<string | null> {
  const thread = parent === undefined ? {} : { thread: parent };
  try {
    return await findOwnMessage(client, { incidentId, part }, { channel: conversation, sinceMs, ...thread });
  } catch (error) {
    const reason = errorName(error);
    if (reason === 'thread_not_found') return null;
    // Without the right to read the conversation: better twice than never.
    if (reason !== 'missing_scope') throw error;
    log.warn({ incidentId }, 'Slack may have this message already, but the app may not look for it');
    return null;
  }
}

async function placeCard(
  card: Card,
  memory: Memory,
  delivery: Delivery,
  options: SlackChannelOptions,
): Promise<Memory> {
  const { client, conversation } = options;
  const digest = createHash('sha256').update(JSON.stringify(card)).digest('hex');
  if (memory.card !== undefined && memory.digest === digest) return memory;
  if (memory.card !== undefined) {
    try {
      await client.chat.update({ channel: conversation, ts: memory.card, ...card, ...quietly });
      return { ...memory, digest };
    } catch (error) {
      // Somebody deleted it, or it is no message of ours: the incident gets a new one.
      if (!['message_not_found', 'cant_update_message'].includes(errorName(error))) throw error;
    }
  }
  const { card: _gone, digest: _of, ...rest } = memory;
  const fresh = { ...rest, threadSeq: 0 };
  const { thread } = fresh;
  if (thread !== undefined) {
    const inThread = { thread_ts: thread, reply_broadcast: delivery.call.kind === 'aloud' };
    try {
      const ts = await send('card', card, inThread, fresh, delivery, options);
      return { ...fresh, card: ts, digest };
    } catch (error) {
      if (!['thread_not_found', 'message_not_found'].includes(errorName(error))) throw error;
    }
  }
  // The conversation is gone, or begins here.
  const { thread: _lost, ...alone } = fresh;
  const ts = await send('card', card, {}, alone, delivery, options);
  return { ...alone, card: ts, digest };
}

/** In a conversation that people know, and have been left alone with: says in the channel why they are called now. */
async function callAgain(memory: Memory, delivery: Delivery, options: SlackChannelOptions): Promise<Memory> {
  const { briefing, call } = delivery;
  const thread = threadOf(memory);
  if (call.kind !== 'aloud' || call.because === null || memory.called === true || thread === undefined)
    return memory;
  const said = { thread_ts: thread, reply_broadcast: true };
  await send('call', callText(briefing, call.because), said, memory, delivery, options);
  return { ...memory, called: true };
}

async function continueThread(
  isNew: boolean,
  memory: Memory,
  delivery: Delivery,
  options: SlackChannelOptions,
): Promise<Memory> {
  const events = delivery.events.filter(({ seq }) => seq > memory.threadSeq);
  const upTo = events.at(-1)?.seq ?? memory.threadSeq;
  const message = threadMessage(events, delivery.moments, isNew);
  const parent = threadOf(memory);
  if (message === null || parent === undefined) return { ...memory, threadSeq: upTo };
  const { broadcast, ...content } = message;
  const thread = { thread_ts: parent, reply_broadcast: broadcast && delivery.call.kind === 'aloud' };
  await send(`${timelinePart}${upTo}`, content, thread, memory, delivery, options);
  return { ...memory, threadSeq: upTo };
}

/** Notes durably that it is about to send, so that a successor knows to look before it sends the same again. */
async function send(
  part: MessageTag['part'],
  content: Card,
  thread: { readonly thread_ts?: string; readonly reply_broadcast?: boolean },
  memory: Memory,
  { briefing: { incidentId }, remember }: Delivery,
  { client, conversation, nowMs }: SlackChannelOptions,
): Promise<string> {
  await remember({ ...memory, begun: { part, sinceMs: nowMs() } });
  const { ts } = await client.chat.postMessage({
    channel: conversation,
    ...content,
    ...thread,
    ...quietly,
    metadata: metadataOf({ incidentId, part }),
  } as Parameters<WebClient['chat']['postMessage']>[0]);
  if (ts === undefined) throw new Error('Slack took a message and did not say where it is');
  return ts;
}

/** No previews, mentions or links out of anything that looks like one. */
const quietly = { unfurl_links: false, unfurl_media: false, parse: 'none', link_names: false } as const;
