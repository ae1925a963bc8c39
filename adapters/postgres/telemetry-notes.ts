// What ingest notes about telemetry beside its history: what had no effect, and what instances are made of.

import { type Kysely, sql } from 'kysely';
import type { TelemetryNotes } from '../../ingest/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { inParts } from './parts.ts';
import { json, storable } from './text.ts';

export function createTelemetryNotes(db: Kysely<Schema>): TelemetryNotes {
  return {
    async refused(rows) {
      for (const some of inParts(rows)) {
        await db
          .insertInto('refused_telemetry')
          .values(
            some.map(({ environment, service, signal, reason, records, example, atMs }) => ({
              environment: storable(environment),
              service: storable(service),
              signal,
              reason,
              records,
              example: storable(example),
              first_at_ms: Math.round(atMs),
              last_at_ms: Math.round(atMs),
            })),
          )
          .onConflict((conflict) =>
            conflict.columns(['environment', 'service', 'signal', 'reason']).doUpdateSet({
              records: sql`refused_telemetry.records + excluded.records`,
              example: sql`excluded.example`,
              last_at_ms: sql`greatest(refused_telemetry.last_at_ms, excluded.last_at_ms)`,
            }),
          )
          .execute();
      }
    },

    async resources(rows) {
      for (const some of inParts(rows)) {
        await db
          .insertInto('telemetry_resources')
          .values(
            some.map(({ environment, service, resourceId, attributes }) => ({
              environment: storable(environment),
              service: storable(service),
              resource_id: storable(resourceId),
              attributes: json(attributes),
              seen_at_ms: databaseNow,
            })),
          )
          .onConflict((conflict) =>
            conflict.columns(['environment', 'service', 'resource_id']).doUpdateSet({
              attributes: sql`excluded.attributes`,
              seen_at_ms: sql`excluded.seen_at_ms`,
            }),
          )
          .execute();
      }
    },
  };
}
