// PagerDuty through its Events API v2: one PagerDuty incident for each of ours, brought to the state that ours is in.
// Events with the same deduplication key are one incident there, so that a repeated one changes nothing.
// Source: developer.pagerduty.com/docs/events-api-v2-overview.

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

  async function deliver({ briefing, memory, remember, signal }: Delivery): Promise<DeliveryResult> {
    const state = stateOf(briefing);
    if (memory?.state === state) return { kind: 'delivered', memory };
    for (const event of eventsFor(briefing, memory === null, incidentUrl(briefing.incidentId))) {
      const body = JSON.stringify({ routing_key: routingKey, ...event });
      const answer = await postJson(endpoint, body, { signal });
      if (answer.status !== 202) return problem(answer);
      // Somebody was paged: from here on the next event is an update.
      if (memory === null) await remember({ state: 'triggered' });
    }
    return { kind: 'delivered', memory: { state } };
  }

  // Everything, because an approval or a takeover by a person acknowledges it; what changes nothing there is not sent.
  return { name, title: `PagerDuty (${name})`, follows: 'everything', deliver };
}

/** 400 is an event that can never be taken, unless it is the key that is wrong. */
function problem(answer: Answer): DeliveryResult {
  const result = unwelcome(answer, 'PagerDuty');
  const isKey = answer.status === 400 && /routing[_ ]?key/i.test(answer.text);
  return isKey ? { kind: 'blocked', reason: `${result.reason}` } : result;
}
