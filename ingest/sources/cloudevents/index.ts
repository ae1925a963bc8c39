// Alerts and changes as CloudEvents. What `data` is, the specification leaves open; here it is one event as `POST /api/v1/events` takes it.

import { eventId, eventItem, eventTimeProblem } from '../../events/items.ts';
import { firstProblem, type Invalid } from '../../events/schema.ts';
import { refuseIf } from '../../http/event-request.ts';
import type { InboxItem } from '../../ports.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';
import { type CloudEvent, carriedBy, mediaTypes, type ReadEvent } from './envelope.ts';

export const cloudevents: Source = {
  settings: null,
  limits: 'events',
  below: ['/api/v1/webhooks/cloudevents'],
  ways: [
    webhook({
      route: 'cloudevents',
      path: '/api/v1/webhooks/cloudevents',
      takes: 'CloudEvents 1.0 (structured, batched, binary) whose `data` is an alert or a change',
      types: mediaTypes,
      proof: { by: 'key' },
      read: readEvents,
    }),
  ],
};

type Read = { readonly item: InboxItem } | { readonly problem: Invalid };

function readEvents(delivery: Delivery, context: ReadContext<null>): Reading {
  const carried = carriedBy(delivery, context.limits);
  if (carried.mode === 'one') {
    const read = readOne(carried.event, context);
    if ('item' in read) return { items: [read.item] };
    refuseIf(read.problem);
    return { items: [] };
  }
  const read = carried.events.map((event) => readOne(event, context));
  return {
    items: read.flatMap((one) => ('item' in one ? [one.item] : [])),
    refused: read.flatMap((one, index) => ('item' in one ? [] : [{ index, problem: one.problem }])),
  };
}

function readOne(read: ReadEvent, context: ReadContext<null>): Read {
  return read.ok ? itemOf(read.event, context) : { problem: read.problem };
}

const longestSource = 200;

/** Source and id name the event: without an id in `data`, delivered again it is the same. */
function itemOf({ id, source, time, data }: CloudEvent, { schemas, ...context }: ReadContext<null>): Read {
  const { data: event, error } = schemas.event.safeParse(withTime(data, time ?? null));
  if (error !== undefined) return { problem: within('data', firstProblem(error)) };
  const about = {
    ...context,
    idempotencyKey: `${source} ${id}`,
    actor: source.slice(0, longestSource),
    tellsChanges: true,
  };
  const problem = eventTimeProblem(event.at, 'data.at', about);
  return problem === null
    ? { item: eventItem(event, eventId(event.id, data, 0, about), about) }
    : { problem };
}

/** An event that does not say when it happened happened when it was made. */
function withTime(data: unknown, time: string | null): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || time === null) return data;
  return { at: time, ...data };
}

function within(place: string, problem: Invalid): Invalid {
  return { ...problem, field: [place, problem.field].filter((part) => part !== '').join('.') };
}
