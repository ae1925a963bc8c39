// Items of the inbox that were given up, and their way back into it.

import { type Kysely, type Selectable, sql } from 'kysely';
import type { DeadItem, DeadItems } from '../../../api/dead-letters/ports.ts';
import { actorOf } from '../../../domain/policy/identity.ts';
import { appendAudit } from '../audit/append.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { transact } from '../transact.ts';

export function createDeadItems(db: Kysely<Schema>): DeadItems {
  return {
    async list({ sinceMs, untilMs }, beforeSeq, limit) {
      let query = db.selectFrom('inbox').selectAll().where('status', '=', 'dead');
      if (sinceMs !== undefined) query = query.where('finished_at_ms', '>=', sinceMs);
      if (untilMs !== undefined) query = query.where('finished_at_ms', '<=', untilMs);
      if (beforeSeq !== null) query = query.where('seq', '<', beforeSeq);
      const rows = await query.orderBy('seq', 'desc').limit(limit).execute();
      return rows.map(itemOf);
    },

    async get(seq) {
      const row = await db
        .selectFrom('inbox')
        .selectAll()
        .where('seq', '=', seq)
        .where('status', '=', 'dead')
        .executeTakeFirst();
      return row === undefined ? null : { item: itemOf(row), body: row.body };
    },

    replay: (seq, by, note) =>
      transact(db, async (trx) => {
        const row = await trx
          .selectFrom('inbox')
          .selectAll()
          .where('seq', '=', seq)
          .forUpdate()
          .executeTakeFirst();
        if (row === undefined) return 'not-found';
        if (row.status !== 'dead') return row.replays > 0 ? 'already-replayed' : 'not-found';
        const newer = await trx
          .selectFrom('inbox')
          .select('seq')
          .where('ordering_key', '=', row.ordering_key)
          .where('seq', '>', seq)
          .where('status', '=', 'done')
          .limit(1)
          .executeTakeFirst();
        if (newer !== undefined) return 'superseded';
        await trx
          .updateTable('inbox')
          .set({
            ...{
              status: 'pending',
              taken: false,
              attempts: 0,
              lost: 0,
              available_at_ms: 0,
              finished_at_ms: null,
            },
            replays: sql`replays + 1`,
          })
          .where('seq', '=', seq)
          .execute();
        await appendAudit(trx, [
          {
            actor: actorOf(by),
            action: 'dead-letter.replay',
            atMs: await databaseNowMs(trx),
            reason: note,
            subject: `dead-letter/inbox-${seq}`,
            planHash: null,
            details: { event: row.id, attempts: row.attempts, replays: row.replays + 1, keyId: by.keyId },
          },
        ]);
        return 'replayed';
      }),
  };
}

function itemOf(row: Selectable<Schema['inbox']>): DeadItem {
  const { environment, service } = 'scope' in row.body ? row.body.scope : row.body;
  const { seq, id, attempts, received_at_ms: receivedAtMs } = row;
  const deadAtMs = row.finished_at_ms ?? receivedAtMs;
  return { seq, id, environment, service, reason: row.reason ?? '', attempts, receivedAtMs, deadAtMs };
}
