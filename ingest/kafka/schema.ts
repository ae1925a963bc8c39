// The wire form of observations on a topic: one JSON object, or an array of them. Strict, so that a misspelt
// `environment` is found out instead of filed under the default one. Described for users in docs/kafka.md.

import { z } from 'zod';
import { eventSchemas } from '../events/schema.ts';
import type { IngestLimits } from '../limits.ts';
import { cleanText } from '../text.ts';

export type RecordSchemas = ReturnType<typeof recordSchemas>;
export type ObservationInput = z.infer<RecordSchemas['observation']>;
export type EventInput = z.infer<RecordSchemas['event']>;

const severities = { trace: 1, debug: 5, info: 9, warn: 13, error: 17, fatal: 21 } as const;

/** Built per configuration: the bounds are part of the schema. */
export function recordSchemas(limits: IngestLimits) {
  const events = eventSchemas(limits);
  const textOf = (maxChars: number) =>
    z
      .string()
      .max(maxChars * 4)
      .transform((value) => cleanText(value, maxChars));
  const name = textOf(limits.maxNameChars).refine((value) => value !== '', 'must not be empty');
  const rfc3339 = z.iso
    .datetime({ offset: true, error: 'must be an RFC 3339 instant, or milliseconds since the epoch' })
    .transform((text) => Date.parse(text));
  const instant = z.union([z.number().positive(), rfc3339]);
  const count = z.number().min(0);
  const id = (digits: number) =>
    z
      .string()
      .regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `must be ${digits} hex digits`)
      .refine((text) => !/^0+$/.test(text), 'must not be all zeros')
      .transform((text) => text.toLowerCase());
  const place = {
    environment: name.optional(),
    service: name,
    component: name.optional(),
    resourceId: name.optional(),
  };
  const metric = {
    ...place,
    metric: name,
    unit: textOf(50).default(''),
    attributes: events.attributes.optional(),
    at: instant,
  };
  const temporality = z.enum(['delta', 'cumulative']).default('cumulative');
  const observation = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('gauge'), ...metric, value: z.number() }),
    z.strictObject({ kind: z.literal('counter'), ...metric, start: instant, temporality, value: count }),
    z.strictObject({
      kind: z.literal('histogram'),
      ...metric,
      start: instant,
      temporality,
      count,
      sum: z.number(),
      bounds: z.array(z.number()).max(limits.maxHistogramBuckets),
      bucketCounts: z.array(count).max(limits.maxHistogramBuckets + 1),
    }),
    z.strictObject({
      kind: z.literal('log'),
      ...place,
      at: instant,
      severity: z
        .union([z.int().min(1).max(24), z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])])
        .transform((value) => (typeof value === 'number' ? value : severities[value]))
        .optional(),
      // Text, also JSON in text, or the record of a logger as it is: decoded to its message.
      body: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]),
      attributes: events.attributes.optional(),
    }),
    z.strictObject({
      kind: z.literal('span'),
      ...place,
      traceId: id(32),
      spanId: id(16),
      parentSpanId: id(16).optional(),
      spanKind: z.enum(['server', 'client', 'producer', 'consumer', 'internal']),
      name,
      start: instant,
      durationMs: count,
      error: z.boolean().default(false),
      peer: name.optional(),
      release: name.optional(),
    }),
    events.change,
  ]);
  return { observation, event: events.event };
}
