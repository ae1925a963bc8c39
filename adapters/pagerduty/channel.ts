// PagerDuty through its Events API v2: one PagerDuty incident for each of ours, brought to the state that ours is in.
// Events with the same deduplication key are one incident there, so that a repeated one changes nothing, and what comes back soon
// belongs to the page of the first.
// Source: developer.pagerduty.com/docs/events-api-v2-overview.

import { z } from 'zod';
import type { Channel, Delivery, DeliveryResult } from '../../api/notifications/ports.ts';
import { type Answer, postJson, unwelcome } from '../http/post-json.ts';
import { eventsFor, stateOf } from './events.ts';

export type PagerDutyOptions = {
  readonly name: string;
  /** Of the Events API, such as `https://events.pagerduty.com`. */
  readonly url: string;
  /** Integration key of a PagerDuty service. */
  readonly routingKey: string;
  /** Null when nobody can know the address. */
  readonly incidentUrl: (incidentId: string) => string | null;
};

export function createPagerDutyChannel({ name, url, routingKey, incidentUrl }: PagerDutyOptions): Channel {
  const endpoint = new URL('/v2/enqueue', url).href;

  async function deliver({
    briefing,
    call,
    continued,
    remember,
    signal,
    ...rest
  }: Delivery): Promise<DeliveryResult> {
    const known = recall(rest, briefing.incidentId);
    const { key } = known;
    const quiet = call.kind === 'quietly';
    const because = call.kind === 'aloud' ? call.because : null;
    const state = stateOf(briefing);
    const memory = { key, state, paged: known.paged || !quiet };
    if (known.state === state && known.paged === memory.paged) return { kind: 'delivered', memory };
    const page = {
      key,
      first: !known.paged,
      quiet,
      because,
      continued,
      url: incidentUrl(briefing.incidentId),
    };
    for (const event of eventsFor(briefing, page)) {
      const body = JSON.stringify({ routing_key: routingKey, ...event });
      const answer = await postJson(endpoint, body, { signal });
      if (answer.status !== 202) return problem(answer);
      // Somebody was paged: from here on the next event is an update.
      if (!known.paged && !quiet) await remember({ key, state: 'triggered', paged: true });
    }
    return { kind: 'delivered', memory };
  }

  // Everything, because an approval or a takeover by a person acknowledges it; what changes nothing there is not sent.
  return { name, title: `PagerDuty (${name})`, follows: 'everything', deliver };
}

const memorySchema = z.object({
  state: z.string(),
  /** Absent in what was remembered before incidents shared a page: each had its own then, and was paged for. */
  key: z.string().optional(),
  paged: z.boolean().default(true),
});

/** What was said, and under which key: that of the first incident with the same symptom that was told here. */
function recall(
  { memory, conversation }: Pick<Delivery, 'memory' | 'conversation'>,
  incidentId: string,
): Memory {
  const known = memorySchema.safeParse(memory);
  if (known.success) return { ...known.data, key: known.data.key ?? incidentId };
  const first =
    conversation === null
      ? incidentId
      : recall({ memory: conversation.memory, conversation: null }, conversation.incidentId).key;
  return { state: null, paged: false, key: first };
}
type Memory = { readonly state: string | null; readonly paged: boolean; readonly key: string };

/** 400 is an event that can never be taken, unless it is the key that is wrong. */
function problem(answer: Answer): DeliveryResult {
  const result = unwelcome(answer, 'PagerDuty');
  const isKey = answer.status === 400 && /routing[_ ]?key/i.test(answer.text);
  return isKey ? { kind: 'blocked', reason: `${result.reason}` } : result;
}
