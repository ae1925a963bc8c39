// WatchPositions: how far watched systems have been read.

import { type Kysely, sql } from 'kysely';
import type { WatchPositions } from '../../ingest/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

/** Of a system that is not read any more. */
const forgetMs = 30 * 24 * 3_600_000;

export function createWatchPositions(db: Kysely<Schema>): WatchPositions {
  return {
    async last(name, environment) {
      const row = await db
        .selectFrom('watch_positions')
        .select('position')
        .where('name', '=', storable(name))
        .where('environment', '=', storable(environment))
        .executeTakeFirst();
      return row?.position ?? null;
    },
    async keep(name, environment, position) {
      const now = { position: storable(position), saved_at_ms: databaseNow };
      await db
        .insertInto('watch_positions')
        .values({ name: storable(name), environment: storable(environment), ...now })
        .onConflict((conflict) => conflict.columns(['name', 'environment']).doUpdateSet(now))
        .execute();
      await db
        .deleteFrom('watch_positions')
        .where('saved_at_ms', '<', sql<number>`${databaseNow} - ${forgetMs}`)
        .execute();
    },
  };
}
