// What a mapping gives, as events: each is held to what `POST /api/v1/events` takes.

import { eventId, eventItem, eventTimeProblem, type ItemContext } from '../../events/items.ts';
import { type EventInput, type EventSchemas, firstProblem, type Invalid } from '../../events/schema.ts';

export type MappedEvent =
  | { readonly ok: true; readonly event: EventInput; readonly raw: unknown }
  | { readonly ok: false; readonly problem: Invalid };

export type MappedEvents = {
  /** The mapping gives a list, so that fields of its events have an index. */
  readonly isList: boolean;
  readonly events: readonly MappedEvent[];
};

/** Nothing, where the mapping gives nothing. */
export function eventsIn(value: unknown, { event }: Pick<EventSchemas, 'event'>): MappedEvents {
  const isList = Array.isArray(value);
  const all: readonly unknown[] = isList ? value : value === null || value === undefined ? [] : [value];
  return {
    isList,
    events: all.map((raw) => {
      const { data, error } = event.safeParse(withKind(raw));
      return error === undefined
        ? { ok: true, event: data, raw }
        : { ok: false, problem: firstProblem(error) };
    }),
  };
}

function withKind(raw: unknown): unknown {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? { kind: 'alert', ...raw } : raw;
}

export function itemsOf({ events }: MappedEvents, context: ItemContext) {
  return events.map((one, index) => {
    const problem = one.ok ? eventTimeProblem(one.event.at, 'at', context) : one.problem;
    if (!one.ok || problem !== null) return { ok: false as const, index, problem: problem as Invalid };
    const id = eventId(one.event.id, one.raw, index, context);
    return { ok: true as const, item: eventItem(one.event, id, context, index) };
  });
}
