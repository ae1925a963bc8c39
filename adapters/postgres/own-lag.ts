// What the processes say of their own lag, shared: the one that acts is seldom the one that is behind.

import { type Kysely, sql } from 'kysely';
import { missingFor } from '../../domain/lag/own-lag.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { json, storable } from './text.ts';

/** What a process said counts for this long: three reports of one that is late with them. */
const currentMs = 30_000;
const forgetMs = 600_000;

export type OwnLagStore = {
  report(processId: string, role: string, overloads: readonly string[]): Promise<void>;
  withdraw(processId: string): Promise<void>;
  /** How long the oldest item of the inbox has waited that nobody has taken yet; 0 when there is none. */
  inboxWaitMs(): Promise<number>;
  /** As items of missing evidence; empty while every process keeps up. */
  missing(): Promise<readonly string[]>;
};

export function createOwnLagStore(db: Kysely<Schema>): OwnLagStore {
  return {
    async report(processId, role, overloads) {
      const said = { overloads: json(overloads), at_ms: databaseNow };
      await db
        .insertInto('own_lag')
        .values({ process_id: storable(processId), role, ...said })
        .onConflict((conflict) => conflict.column('process_id').doUpdateSet(said))
        .execute();
      await db.deleteFrom('own_lag').where('at_ms', '<', sql<number>`${databaseNow} - ${forgetMs}`).execute();
    },

    async withdraw(processId) {
      await db.deleteFrom('own_lag').where('process_id', '=', storable(processId)).execute();
    },

    async inboxWaitMs() {
      const { rows } = await sql<{ waited: number | null }>`
        select ${databaseNow} - min(received_at_ms) as waited from inbox
        where status = 'pending' and attempts = 0`.execute(db);
      return Math.max(0, Number(rows[0]?.waited ?? 0));
    },

    missing: () => currentOverloads(db),
  };
}

/** In the transaction of whoever decides by it. */
export async function currentOverloads(db: Kysely<Schema>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('own_lag')
    .select(['role', 'overloads'])
    .where('at_ms', '>', sql<number>`${databaseNow} - ${currentMs}`)
    .orderBy('process_id')
    .execute();
  const several = rows.length > 1;
  return missingFor(
    rows.flatMap(({ role, overloads }) => overloads.map((one) => (several ? `${role}: ${one}` : one))),
  );
}
