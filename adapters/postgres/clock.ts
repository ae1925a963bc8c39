// The database's clock: the one that all processes share, so the one that decides leases, deadlines and limits.

import { type Kysely, sql } from 'kysely';
import type { Schema } from './database/schema.ts';

/**
 * Milliseconds since the epoch at the moment of evaluation. Not now(), which stands still from the start of the
 * transaction: whoever waited for a lock would decide by the time before the wait.
 */
export const databaseNow = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`;

export async function databaseNowMs(db: Kysely<Schema>): Promise<number> {
  const { now } = await db.selectNoFrom(databaseNow.as('now')).executeTakeFirstOrThrow();
  return now;
}
