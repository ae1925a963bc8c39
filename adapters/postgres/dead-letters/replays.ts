// The ledger of replayed records: written before they are sent, and asked by whoever takes them in.

import { type Kysely, sql } from 'kysely';
import { identityKey, type RecordIdentity, type ReplayLedger } from '../../../api/dead-letters/ports.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import { actorOf, nameOf } from '../../../domain/policy/identity.ts';
import type { ReplayClaims } from '../../../ingest/kafka/ports.ts';
import { appendAudit } from '../audit/append.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { transact } from '../transact.ts';

export function createReplayLedger(db: Kysely<Schema>): ReplayLedger {
  return {
    async sent(identities) {
      if (identities.length === 0) return new Map();
      const rows = await db
        .selectFrom('dead_letter_replays')
        .selectAll()
        .where(anyOf(identities))
        .where('sent_at_ms', 'is not', null)
        .execute();
      return new Map(
        rows.map((row) => [
          identityKey({ ...row, offset: row.record_offset }),
          { atMs: row.sent_at_ms ?? row.begun_at_ms, by: row.by_actor },
        ]),
      );
    },

    begin: (letters, by, note) =>
      transact(db, async (trx) => {
        const atMs = await databaseNowMs(trx);
        await trx
          .insertInto('dead_letter_replays')
          .values(
            letters.map(({ letter }) => ({
              ...rowOf(letter.of),
              by_actor: actorName(by),
              begun_at_ms: atMs,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['topic', 'partition', 'record_offset', 'failures'])
              .doUpdateSet((row) => ({ by_actor: row.ref('excluded.by_actor') }))
              .where('dead_letter_replays.sent_at_ms', 'is', null),
          )
          .execute();
        await appendAudit(
          trx,
          letters.map(({ id, letter: { of, reason } }) => ({
            actor: actorOf(by),
            action: 'dead-letter.replay',
            atMs,
            reason: note,
            subject: `dead-letter/${id}`,
            planHash: null,
            details: {
              ...{ topic: of.topic, partition: of.partition, offset: of.offset, failures: of.failures },
              ...{ reason, keyId: by.keyId },
            },
          })),
        );
      }),

    async finish(identities) {
      await db
        .updateTable('dead_letter_replays')
        .set({ sent_at_ms: databaseNow })
        .where(anyOf(identities))
        .where('sent_at_ms', 'is', null)
        .execute();
    },
  };
}

export function createReplayClaims(db: Kysely<Schema>): ReplayClaims {
  return {
    async claim({ of, failures }, at) {
      const identity = rowOf({ ...of, offset: Number(of.offset), failures });
      const row = await db
        .updateTable('dead_letter_replays')
        .set({
          taken_partition: sql<number>`coalesce(taken_partition, ${at.partition})`,
          taken_offset: sql<number>`coalesce(taken_offset, ${Number(at.offset)})`,
        })
        .where('topic', '=', identity.topic)
        .where('partition', '=', identity.partition)
        .where('record_offset', '=', identity.record_offset)
        .where('failures', '=', failures)
        .returning(['taken_partition', 'taken_offset'])
        .executeTakeFirst();
      if (row === undefined) return 'unknown';
      return row.taken_partition === at.partition && row.taken_offset === Number(at.offset)
        ? 'take'
        : 'ignore';
    },
  };
}

const actorName = (by: Principal): string => storable(nameOf(actorOf(by)));

function rowOf({ topic, partition, offset, failures }: RecordIdentity) {
  return { topic: storable(topic), partition, record_offset: offset, failures };
}

function anyOf(identities: readonly RecordIdentity[]) {
  const rows = identities.map(rowOf);
  return sql<boolean>`(topic, partition, record_offset, failures) in (
    select * from unnest(
      ${rows.map(({ topic }) => topic)}::text[], ${rows.map(({ partition }) => partition)}::integer[],
      ${rows.map(({ record_offset }) => record_offset)}::bigint[], ${rows.map(({ failures }) => failures)}::integer[]))`;
}
