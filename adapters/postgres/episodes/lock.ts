// Correlation is decided one anomaly at a time within an environment: two that belong together, arriving at the same
// moment on two processes, must see each other.

import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/schema.ts';

/** Held until the transaction ends. */
export async function lockEnvironment(trx: Kysely<Schema>, environment: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`episodes/${environment}`}, 0))`.execute(trx);
}
