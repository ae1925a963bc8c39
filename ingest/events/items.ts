// Accepted events as inbox items, with ids that make a repeated request harmless.

import { createHash } from 'node:crypto';
import type { AlertReport, StreamPlace } from '../../domain/correlation/occurrence.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { AlertEvent, ChangeEvent } from '../../domain/observation.ts';
import type { IngestLimits } from '../limits.ts';
import type { InboxItem } from '../ports.ts';
import { alertAnomaly } from './alert.ts';
import type { AlertInput, ChangeInput, EventInput, Invalid, TriggerInput } from './schema.ts';

export type ItemContext = {
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly receivedMs: number;
  /** Name of the key that sent it: the `source` of alerts that give none. */
  readonly actor: string;
  /** The Idempotency-Key header; null when the sender gave none. */
  readonly idempotencyKey: string | null;
  /** A fresh id, for events that can be told apart by nothing else. */
  readonly newId: () => string;
  /** Whether its sender tells each change once, with its instant (domain/correlation/occurrence.ts). */
  readonly tellsChanges?: boolean;
  /** Where the first event stands in a stream that may be delivered again. */
  readonly place?: StreamPlace;
};

/**
 * The id of an event: its own, else one made from the idempotency key and what was sent (so that a repeated request
 * finds its own items, and a key used twice for different content loses nothing), else a fresh one.
 */
export function eventId(
  given: string | undefined,
  raw: unknown,
  index: number,
  context: ItemContext,
): string {
  if (given !== undefined) return given;
  if (context.idempotencyKey === null) return context.newId();
  const content = JSON.stringify([context.idempotencyKey, context.actor, index, raw]);
  return `key-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
}

export function changeItem(input: ChangeInput, id: string, context: ItemContext): InboxItem {
  const environment = input.environment ?? context.defaultEnvironment;
  const change: ChangeEvent = {
    kind: 'change',
    id,
    type: input.type,
    environment,
    service: input.service,
    atMs: input.at ?? context.receivedMs,
    summary: input.summary,
    attributes: input.attributes ?? {},
  };
  return { id: `change/${encodeURIComponent(environment)}/${id}`, kind: 'change', change, eventId: id };
}

export function alertItem(
  input: AlertInput | TriggerInput,
  id: string,
  context: ItemContext,
  index = 0,
): InboxItem {
  const alert: AlertEvent = {
    kind: 'alert',
    id,
    status: input.status,
    scope: {
      environment: input.environment ?? context.defaultEnvironment,
      service: input.service,
      ...(input.component === undefined ? {} : { component: input.component }),
      ...(input.resourceId === undefined ? {} : { resourceId: input.resourceId }),
    },
    atMs: input.at ?? context.receivedMs,
    severity: input.severity,
    title: input.title,
    source: input.source ?? context.actor,
    attributes: input.attributes ?? {},
  };
  const { place } = context;
  return reportItem(alert, context.receivedMs, {
    startsAtMs: alert.status === 'firing' ? (input.at ?? null) : null,
    endsAtMs: alert.status === 'resolved' ? (input.at ?? null) : null,
    once: input.id === undefined,
    tellsChanges: context.tellsChanges ?? false,
    place: place === undefined ? null : { ...place, position: place.position + index },
  });
}

/** What a sender says of one of its alerts; which occurrence it is about is decided in the inbox. */
export function reportItem(
  alert: AlertEvent,
  receivedMs: number,
  about: Omit<AlertReport, 'key' | 'state' | 'source'>,
  within?: string,
): InboxItem {
  const anomaly = alertAnomaly(alert, receivedMs, within);
  const report = { ...about, key: anomaly.id, state: alert.status, source: alert.source };
  return { id: `report/${anomaly.id}/${alert.status}`, kind: 'anomaly', anomaly, report, eventId: alert.id };
}

/** A finding and its end are two items of the same anomaly. */
export function anomalyItem(anomaly: Anomaly): InboxItem {
  return { id: `anomaly/${anomaly.id}/${anomaly.state}`, kind: 'anomaly', anomaly };
}

export function eventItem(input: EventInput, id: string, context: ItemContext, index = 0): InboxItem {
  return input.kind === 'change' ? changeItem(input, id, context) : alertItem(input, id, context, index);
}

/** Events may be told late, but not from the future or from another age. Null when fine. */
export function eventTimeProblem(
  atMs: number | undefined,
  field: string,
  context: ItemContext,
): Invalid | null {
  if (atMs === undefined) return null;
  const { limits, receivedMs } = context;
  const wrong = (detail: string): Invalid => ({ kind: 'invalid', field, detail });
  if (atMs > receivedMs + limits.maxFutureMs) return wrong('lies in the future');
  if (atMs < receivedMs - limits.maxEventPastMs) return wrong('is too long ago');
  return null;
}
