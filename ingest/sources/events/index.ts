// POST /api/v1/events and POST /api/v1/trigger-alert: checked as a whole, in the durable inbox before the 2xx.

import { alertItem, eventId, eventItem, eventTimeProblem, type ItemContext } from '../../events/items.ts';
import type { IngestAppDeps } from '../../http/deps.ts';
import { answerEvents, parsed, refuseIf, storeEvents } from '../../http/event-request.ts';
import { defaultLimits } from '../../limits.ts';
import type { InboxItem } from '../../ports.ts';
import type { Source, Way } from '../source.ts';

type EventRoute = 'events' | 'trigger-alert';

const way = (route: EventRoute, takes: string): Way<null> => ({
  path: `/api/v1/${route}`,
  takes,
  proof: 'API key',
  handle: (request, deps, address) => handleEvents(route, request, deps, address),
});

export const events: Source<null> = {
  settings: null,
  limits: 'events',
  below: ['/api/v1/events', '/api/v1/trigger-alert'],
  ways: [
    way('events', `alerts and changes, up to ${defaultLimits.maxEvents} at once`),
    way('trigger-alert', 'one alert'),
  ],
};

/** Answers one request. Never throws; nothing is stored unless every event of it is valid. */
function handleEvents(
  route: EventRoute,
  request: Request,
  deps: IngestAppDeps,
  address: string,
): Promise<Response> {
  return answerEvents({ route }, request, deps, address, async ({ actor, sender, raw }) => {
    const context: ItemContext = {
      limits: deps.limits,
      defaultEnvironment: deps.defaultEnvironment,
      receivedMs: deps.clock.nowMs(),
      actor,
      idempotencyKey: idempotencyKeyOf(request),
      newId: deps.newId,
    };
    const { items, ids } =
      route === 'events' ? batchItems(raw, deps, context) : triggerItems(raw, deps, context);
    const accepted = await storeEvents(items, deps, sender);
    const counts = { accepted, duplicates: items.length - accepted };
    return route === 'events' ? { ...counts, ids } : { ...counts, id: ids[0] };
  });
}

type Prepared = { readonly items: readonly InboxItem[]; readonly ids: readonly string[] };

function batchItems(raw: unknown, deps: IngestAppDeps, context: ItemContext): Prepared {
  const { events } = parsed(deps.schemas.batch, raw);
  const rawEvents = (raw as { readonly events: readonly unknown[] }).events;
  for (const [index, event] of events.entries()) {
    refuseIf(eventTimeProblem(event.at, `events[${index}].at`, context));
  }
  const ids = events.map((event, index) => eventId(event.id, rawEvents[index], index, context));
  const items = events.map((event, index) => eventItem(event, ids[index] as string, context));
  return { items, ids };
}

function triggerItems(raw: unknown, deps: IngestAppDeps, context: ItemContext): Prepared {
  const alert = parsed(deps.schemas.trigger, raw);
  refuseIf(eventTimeProblem(alert.at, 'at', context));
  const id = eventId(alert.id, raw, 0, context);
  return { items: [alertItem(alert, id, context)], ids: [id] };
}

function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get('idempotency-key');
  if (key === null) return null;
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) {
    refuseIf({
      kind: 'invalid',
      field: 'Idempotency-Key',
      detail: 'must be 1 to 200 printable ASCII characters',
    });
  }
  return key;
}
