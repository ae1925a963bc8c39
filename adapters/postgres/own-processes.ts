// Where each process of this installation says that it runs, for the others: nothing of Sentinel's acts on any of them.

import { type Kysely, sql } from 'kysely';
import type { OwnPart } from '../../domain/inventory/own-parts.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { json, storable } from './text.ts';

/** One that is gone without a word may be on its way back: its container is started again. */
const protectedMs = 900_000;
const forgetMs = 86_400_000;

export type OwnProcesses = {
  report(processId: string, role: string, parts: readonly OwnPart[]): Promise<void>;
  withdraw(processId: string): Promise<void>;
  /** Of all processes but this one. */
  others(processId: string): Promise<readonly OwnPart[]>;
};

export function createOwnProcesses(db: Kysely<Schema>): OwnProcesses {
  return {
    async report(processId, role, parts) {
      const said = { role, parts: json(parts), at_ms: databaseNow };
      await db
        .insertInto('own_processes')
        .values({ process_id: storable(processId), ...said })
        .onConflict((conflict) => conflict.column('process_id').doUpdateSet(said))
        .execute();
      await db
        .deleteFrom('own_processes')
        .where('at_ms', '<', sql<number>`${databaseNow} - ${forgetMs}`)
        .execute();
    },

    async withdraw(processId) {
      await db.deleteFrom('own_processes').where('process_id', '=', storable(processId)).execute();
    },

    async others(processId) {
      const rows = await db
        .selectFrom('own_processes')
        .select('parts')
        .where('process_id', '<>', storable(processId))
        .where('at_ms', '>', sql<number>`${databaseNow} - ${protectedMs}`)
        .orderBy('process_id')
        .execute();
      return rows.flatMap(({ parts }) => parts);
    },
  };
}
