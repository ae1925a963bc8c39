// The bytes of one record to what it says, or why it is poison. A record is taken as a whole or not at all, so that one
// that was repaired and sent again counts nothing twice.

import type { z } from 'zod';
import { infoSeverity } from '../../domain/log/severity.ts';
import { readLogValue } from '../../domain/log/words.ts';
import type { TelemetryObservation } from '../../domain/observation.ts';
import type { Scope } from '../../domain/scope.ts';
import { eventId, eventItem, eventTimeProblem, type ItemContext } from '../events/items.ts';
import { firstProblem } from '../events/schema.ts';
import type { IngestLimits } from '../limits.ts';
import { checkedBuckets } from '../otlp/histogram.ts';
import type { InboxItem } from '../ports.ts';
import { cleanText } from '../text.ts';
import type { PoisonReason, Position, StreamRecord } from './ports.ts';
import type { EventInput, ObservationInput, RecordSchemas } from './schema.ts';

export type DecodeContext = {
  readonly schemas: RecordSchemas;
  readonly limits: IngestLimits;
  readonly defaultEnvironment: string;
  readonly nowMs: number;
};

/** Telemetry whose time is of no use any more, or not yet. No poison: lag and clocks make it, not the sender. */
export type OutOfTime = 'too-old' | 'in-future';

export type DecodedRecord = {
  readonly observations: readonly TelemetryObservation[];
  readonly items: readonly InboxItem[];
  readonly outOfTime: readonly OutOfTime[];
};
export type Poison = { readonly reason: PoisonReason; readonly detail: string };
export type Decoding<T = DecodedRecord> =
  | { readonly ok: true; readonly record: T }
  | { readonly ok: false; readonly poison: Poison };

const poisoned = (reason: PoisonReason, detail: string): Decoding => ({
  ok: false,
  poison: { reason, detail },
});

/** A record of the observations topic: telemetry and changes. */
export function decodeObservations(
  record: StreamRecord,
  position: Position,
  context: DecodeContext,
): Decoding {
  const parsed = parse(record, context.schemas.observation, context.limits);
  if (!parsed.ok) return parsed;
  const observations: TelemetryObservation[] = [];
  const outOfTime: OutOfTime[] = [];
  const events: [EventInput, unknown][] = [];
  for (const [index, input] of parsed.values.entries()) {
    if (input.kind === 'change') {
      events.push([input, parsed.raw[index]]);
      continue;
    }
    const observation = toObservation(input, context);
    if (observation === null) {
      const field = parsed.values.length > 1 ? `[${index}].` : '';
      return poisoned('wrong-shape', `${field}bucketCounts: must fit bounds (ascending) and count`);
    }
    const problem = timeProblem(observation, context);
    if (problem === null) observations.push(observation);
    else outOfTime.push(problem);
  }
  const items = toItems(events, record, position, context);
  if (!items.ok) return items;
  return { ok: true, record: { observations, items: items.items, outOfTime } };
}

/** A record of the alerts topic: alerts and changes. */
export function decodeEvents(record: StreamRecord, position: Position, context: DecodeContext): Decoding {
  const parsed = parse(record, context.schemas.event, context.limits);
  if (!parsed.ok) return parsed;
  const events = parsed.values.map((input, index): [EventInput, unknown] => [input, parsed.raw[index]]);
  const items = toItems(events, record, position, context);
  if (!items.ok) return items;
  return { ok: true, record: { observations: [], items: items.items, outOfTime: [] } };
}

type Parsed<T> = { readonly ok: true; readonly values: readonly T[]; readonly raw: readonly unknown[] };

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse<T extends z.ZodType>(
  { value }: StreamRecord,
  schema: T,
  limits: IngestLimits,
): Parsed<z.infer<T>> | Extract<Decoding, { ok: false }> {
  const poison = (reason: PoisonReason, detail: string) => ({
    ok: false as const,
    poison: { reason, detail },
  });
  if (value === null || value.length === 0) return poison('empty', 'the record has no value');
  if (value.length > limits.maxBodyBytes) {
    return poison('too-large', `${value.length} bytes; at most ${limits.maxBodyBytes} (ingest.maxBodyBytes)`);
  }
  let json: unknown;
  try {
    json = JSON.parse(utf8.decode(value));
  } catch (error) {
    return poison('not-json', cleanText(error instanceof Error ? error.message : '', 300));
  }
  const raw: readonly unknown[] = Array.isArray(json) ? json : [json];
  if (raw.length === 0) return poison('empty', 'an array without records');
  const values: z.infer<T>[] = [];
  for (const [index, one] of raw.entries()) {
    const result = schema.safeParse(one);
    if (!result.success) {
      const { field, detail } = firstProblem(result.error);
      const place = [Array.isArray(json) ? `[${index}]` : '', field].filter((part) => part !== '').join('.');
      return poison('wrong-shape', place === '' ? detail : `${place}: ${detail}`);
    }
    values.push(result.data);
  }
  return { ok: true, values, raw };
}

/** Room for the events of one record between its place and the next one's. */
const eventsPerPlace = 10_000;

function toItems(
  events: readonly (readonly [EventInput, unknown])[],
  record: StreamRecord,
  position: Position,
  { limits, defaultEnvironment, nowMs }: DecodeContext,
): { readonly ok: true; readonly items: readonly InboxItem[] } | Extract<Decoding, { ok: false }> {
  const { topic, partition, offset, timestampMs } = record.replay?.of ?? { ...position, ...record };
  const context: ItemContext = {
    limits,
    defaultEnvironment,
    receivedMs: nowMs,
    actor: 'kafka',
    // The place of a record tells it from every other one, and is the same when it is delivered again.
    idempotencyKey: `kafka ${topic} ${partition} ${offset} ${timestampMs}`,
    newId: () => '',
    place: { stream: `kafka ${topic} ${partition}`, position: Number(offset) * eventsPerPlace },
  };
  const items: InboxItem[] = [];
  for (const [index, [input, raw]] of events.entries()) {
    const problem = eventTimeProblem(input.at, 'at', context);
    if (problem !== null)
      return { ok: false, poison: { reason: 'bad-time', detail: `${problem.field}: ${problem.detail}` } };
    items.push(eventItem(input, eventId(input.id, raw, index, context), context, index));
  }
  return { ok: true, items };
}

type TelemetryInput = Exclude<ObservationInput, { kind: 'change' }>;

/** Null when the parts of a histogram do not fit each other. */
function toObservation(
  input: TelemetryInput,
  { defaultEnvironment, limits }: DecodeContext,
): TelemetryObservation | null {
  const { environment, service, component, resourceId, ...rest } = input;
  const scope: Scope = {
    environment: environment ?? defaultEnvironment,
    service,
    ...(component === undefined ? {} : { component }),
    ...(resourceId === undefined ? {} : { resourceId }),
  };
  switch (rest.kind) {
    case 'gauge': {
      const { at, attributes = {}, ...own } = rest;
      return { ...own, scope, attributes, atMs: at };
    }
    case 'counter': {
      const { at, start, attributes = {}, ...own } = rest;
      return { ...own, scope, attributes, atMs: at, startMs: start };
    }
    case 'histogram': {
      const { at, start, attributes = {}, ...own } = rest;
      const buckets = checkedBuckets(own.count, own.bounds, own.bucketCounts, own.bucketCounts.length);
      return buckets === null ? null : { ...own, scope, attributes, atMs: at, startMs: start };
    }
    case 'log': {
      const { at, severity, attributes = {} } = rest;
      const words = readLogValue(rest.body);
      const severityNumber = severity ?? words.severityNumber ?? infoSeverity;
      const body = cleanText(words.text, limits.maxLogBodyChars);
      return { kind: 'log', scope, atMs: at, severityNumber, body, attributes };
    }
    case 'span': {
      const { start, ...own } = rest;
      return { ...own, scope, startMs: start };
    }
  }
}

function timeProblem(observation: TelemetryObservation, { limits, nowMs }: DecodeContext): OutOfTime | null {
  const atMs = observation.kind === 'span' ? observation.startMs + observation.durationMs : observation.atMs;
  if (atMs > nowMs + limits.maxFutureMs) return 'in-future';
  return atMs < nowMs - limits.maxPastMs ? 'too-old' : null;
}
