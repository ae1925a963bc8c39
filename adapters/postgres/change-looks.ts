// When the systems that tell of changes were last looked at: ingest looks, and whoever explains an incident has to know.

import { type Kysely, sql } from 'kysely';
import type { ChangeLooks } from '../../activities/ports.ts';
import { unseenChanges } from '../../domain/lag/change-looks.ts';
import type { LookNotes } from '../../ingest/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

/** A system that nobody has looked at for so long is not watched any more. */
const forgetMs = 60 * 60_000;

export function createChangeLooks(db: Kysely<Schema>): ChangeLooks & LookNotes {
  return {
    async looked(name, environment, agoMs) {
      const atMs = sql<number>`${databaseNow} - ${Math.round(agoMs)}`;
      await db
        .insertInto('change_looks')
        .values({ name: storable(name), environment: storable(environment), at_ms: atMs })
        // Several processes may look at one system.
        .onConflict((conflict) =>
          conflict
            .columns(['name', 'environment'])
            .doUpdateSet({ at_ms: sql<number>`greatest(change_looks.at_ms, excluded.at_ms)` }),
        )
        .execute();
      await db
        .deleteFrom('change_looks')
        .where('at_ms', '<', sql<number>`${databaseNow} - ${forgetMs}`)
        .execute();
    },

    async unseen(environment, sinceMs) {
      const rows = await db
        .selectFrom('change_looks')
        .select(['name', 'at_ms', sql<number>`${databaseNow}`.as('now_ms')])
        .where('environment', '=', storable(environment))
        .where('at_ms', '>', sql<number>`${databaseNow} - ${forgetMs}`)
        .orderBy('name')
        .execute();
      const looks = rows.map(({ name, at_ms }) => ({ name, atMs: Number(at_ms) }));
      return unseenChanges(looks, sinceMs, Number(rows[0]?.now_ms ?? 0));
    },
  };
}
