// Inbox: what was accepted from outside and is not worked off yet. An item leaves it only as `done` or, with its reason,
// as `dead`; a process that dies in between loses nothing, because its lock runs out.

import { type Kysely, sql } from 'kysely';
import type { FiringAlerts, Inbox } from '../../../ingest/ports.ts';
import { firingFrom } from '../alert-occurrences.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { createPut } from './put.ts';
import { take } from './take.ts';

export function createInbox(db: Kysely<Schema>): Inbox & FiringAlerts {
  async function finish(ids: readonly string[], reason: string | null): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ status: 'done', reason, finished_at_ms: databaseNow })
      .where(oneOf(ids))
      .where('status', '=', 'pending')
      .execute();
  }
  return {
    firing: (environment, source) => firingFrom(db, environment, source),

    put: createPut(db),
    take: (limit, leaseMs, leftOut = []) => take(db, limit, leaseMs, [...leftOut].map(storable)),
    done: (...ids) => finish(ids, null),
    ignored: (ids, reason) => finish(ids, storable(reason)),

    async failed(ids, reason, retryAtMs) {
      const outcome =
        retryAtMs === null
          ? ({ status: 'dead', finished_at_ms: databaseNow } as const)
          : { available_at_ms: Math.round(retryAtMs) };
      await db
        .updateTable('inbox')
        .set({ ...outcome, reason: storable(reason), taken: false, lost: 0 })
        .where(oneOf(ids))
        .where('status', '=', 'pending')
        .execute();
    },
  };
}

function oneOf(ids: readonly string[]) {
  return sql<boolean>`id = any(${ids.map(storable)}::text[])`;
}
