// GET /api/v1/explain?id=…: what became of one event, alert or anomaly, and of the telemetry of a service that had no effect.

import { z } from 'zod';
import { oneLine } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { type ExplainedItem, eventOutcomes, type RefusedTelemetry } from '../ports/explain.ts';
import { named } from '../schemas/named.ts';
import { instantMs } from '../schemas/scope.ts';

const item = named<ExplainedItem>()(
  'ExplainedItem',
  z.strictObject({
    id: z.string().meta({ description: 'In the durable inbox.' }),
    eventId: z.string().nullable().meta({ description: 'As its sender named it.' }),
    kind: z.enum(['anomaly', 'change']),
    state: z.enum(['firing', 'cleared']).nullable(),
    environment: z.string(),
    service: z.string(),
    summary: z.string(),
    seriesKey: z.string().nullable(),
    receivedAtMs: instantMs,
    repeats: z.int().meta({ description: 'Times it was sent again, which changed nothing.' }),
    repeatedAtMs: instantMs.nullable(),
    status: z.enum(['pending', 'done', 'dead']),
    outcome: z.enum(eventOutcomes).meta({
      description:
        'What became of it: `waiting` to be worked off, in an `incident`, `evidence` for diagnoses, `suppressed` or `dead-letter` for the given reason.',
    }),
    attempts: z.int(),
    reason: z
      .string()
      .nullable()
      .meta({ description: 'Why the last attempt failed, or why it led to no incident.' }),
    nextAttemptAtMs: instantMs.nullable(),
    finishedAtMs: instantMs.nullable(),
    incidentId: z.string().nullable(),
    incidentTitle: z.string().nullable(),
    incidentClosedAtMs: instantMs.nullable(),
    incidentWhy: z.string().nullable().meta({ description: 'Why it is in this incident.' }),
  }),
);

const refused = named<RefusedTelemetry>()(
  'RefusedTelemetry',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    signal: z.string(),
    reason: z.string(),
    records: z.int(),
    example: z.string(),
    firstAtMs: instantMs,
    lastAtMs: instantMs,
  }),
);

export const explain = route({
  method: 'GET',
  path: '/api/v1/explain',
  permission: 'viewer',
  summary:
    'What became of an event, alert or anomaly, by id; or which telemetry of a service had no effect, by name.',
  query: z.strictObject({ id: oneLine(300).meta({ examples: ['release-42'] }) }),
  answers: {
    200: z.strictObject({
      id: z.string(),
      items: z.array(item).meta({ description: 'Newest first. Empty: nothing of this id is remembered.' }),
      refused: z.array(refused),
    }),
  },
  handler: async ({ query: { id }, deps }) => ({ json: { id, ...(await deps.records.explain(id)) } }),
});
