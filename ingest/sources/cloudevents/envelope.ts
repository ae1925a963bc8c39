// CloudEvents 1.0 as HTTP carries them: structured, batched, and binary, where the attributes are headers. Sources: the CloudEvents
// specification 1.0.2, "HTTP Protocol Binding" and "JSON Event Format".

import { z } from 'zod';
import { firstProblem, type Invalid } from '../../events/schema.ts';
import { refuseIf } from '../../http/event-request.ts';
import type { IngestLimits } from '../../limits.ts';
import { innerJson } from '../inner-json.ts';
import type { Delivery } from '../webhook.ts';

const structured = 'application/cloudevents+json';
const batched = 'application/cloudevents-batch+json';
/** Of a request; the last one is for events whose attributes are headers. */
export const mediaTypes = [structured, batched, 'application/json'] as const;

const named = z.string().min(1).max(1_000);
const envelopeSchema = z.object({
  specversion: z.literal('1.0', { error: 'expected "1.0"' }),
  ...{ id: named, source: named, type: named },
  time: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 instant' }).nullish(),
  datacontenttype: z
    .string()
    .regex(/^application\/([a-z0-9.-]+\+)?json\b/i, 'must be JSON, which is all that is read here')
    .nullish(),
  data: z.unknown().optional(),
  data_base64: z.base64().nullish(),
});
export type CloudEvent = Omit<z.output<typeof envelopeSchema>, 'data_base64' | 'datacontenttype'>;

export type ReadEvent =
  | { readonly ok: true; readonly event: CloudEvent }
  | { readonly ok: false; readonly problem: Invalid };

export type Carried =
  | { readonly mode: 'one'; readonly event: ReadEvent }
  | { readonly mode: 'batch'; readonly events: readonly ReadEvent[] };

/** Throws `Refused` when the request carries no CloudEvents at all. */
export function carriedBy({ headers, raw }: Delivery, limits: IngestLimits): Carried {
  const type = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === batched)
    return { mode: 'batch', events: listed(raw, limits).map((one) => eventOf(one, limits)) };
  if (type === structured) return { mode: 'one', event: eventOf(raw, limits) };
  if (!headers.has('ce-specversion')) {
    const detail = `is missing: attributes are headers (ce-id, ce-source, ce-type), or the content-type is ${structured} or ${batched}`;
    refuseIf({ kind: 'invalid', field: 'ce-specversion', detail });
  }
  return { mode: 'one', event: eventOf({ ...inHeaders(headers), data: raw }, limits) };
}

function listed(raw: unknown, { maxEvents }: IngestLimits): readonly unknown[] {
  if (Array.isArray(raw) && raw.length <= maxEvents) return raw;
  refuseIf({ kind: 'invalid', field: '', detail: `expected a list of at most ${maxEvents} events` });
  return [];
}

function eventOf(raw: unknown, limits: IngestLimits): ReadEvent {
  const { data: said, error } = envelopeSchema.safeParse(raw);
  if (error !== undefined) return { ok: false, problem: firstProblem(error) };
  const { data_base64, datacontenttype: _, ...event } = said;
  if (data_base64 == null) return { ok: true, event };
  const text = Buffer.from(data_base64, 'base64').toString('utf8');
  return { ok: true, event: { ...event, data: innerJson(text, 'data_base64', limits) } };
}

const attributes = ['specversion', 'id', 'source', 'type', 'time'] as const;

function inHeaders(headers: Headers): Readonly<Record<string, string>> {
  return Object.fromEntries(
    attributes.flatMap((name) => {
      const value = headers.get(`ce-${name}`);
      return value === null ? [] : [[name, decoded(value)]];
    }),
  );
}

/** What no header can have is percent-encoded. A value that is not encoded well is left as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
