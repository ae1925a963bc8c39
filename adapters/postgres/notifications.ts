// NotificationStore: what every channel was told of every incident. One row per channel and incident that concerns it; a
// look touches the rows that are behind and the incidents that changed, never all of them.

import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import {
  type ChannelMemory,
  LeaseLost,
  type NotificationStore,
  type TakenNotification,
} from '../../api/notifications/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { noticeChanges } from './notice-changes.ts';
import { json, storable } from './text.ts';
import { transact } from './transact.ts';

const longestError = 500;

export function createNotificationStore(db: Kysely<Schema>): NotificationStore {
  return {
    async register(channel) {
      await sql`
        insert into notification_channels (name, since_ms, noticed)
        values (${storable(channel)}, ${databaseNow}, pg_current_snapshot())
        on conflict (name) do nothing`.execute(db);
    },

    notice: (channel) => transact(db, (trx) => noticeChanges(trx, storable(channel))),

    async take(channel, limit, leaseMs) {
      // SKIP LOCKED: dispatchers that take at the same time get different incidents instead of waiting for each other.
      const { rows } = await sql<TakenRow>`
        with picked as (
          select incident_id from notifications
          where channel = ${storable(channel)}
            and (delivered_seq < wanted_seq or look_again_at_ms <= ${databaseNow})
            and next_at_ms <= ${databaseNow} and locked_until_ms <= ${databaseNow}
          order by next_at_ms, incident_id limit ${limit} for update skip locked)
        update notifications set lease = ${randomUUID()}, locked_until_ms = ${databaseNow} + ${leaseMs}::bigint
        from picked
        where notifications.channel = ${storable(channel)} and notifications.incident_id = picked.incident_id
        returning notifications.channel, notifications.incident_id, lease, delivered_seq, memory, attempts,
          failing_since_ms, noted_since_ms, ${databaseNow} - told_at_ms as told_ago_ms, quiet,
          coalesce(look_again_at_ms <= ${databaseNow}, false) as look_again, ${databaseNow} as now_ms`.execute(
        db,
      );
      return rows.map(taken);
    },

    async remember(taken, memory) {
      await held(taken, mine(db, taken).set({ memory: json(memory) }));
    },

    async settle(taken, settlement) {
      const row = settled(db, taken);
      switch (settlement.kind) {
        case 'told': {
          const { quiet, lookAgainAtMs, before } = settlement;
          const again = { quiet, look_again_at_ms: nextLook(taken, lookAgainAtMs) };
          const told = { ...good(settlement), ...again, told_at_ms: databaseNow, last_error: null };
          // At once: who looks at the one before sees that this one was told, or is asked to look again.
          return transact(db, async (trx) => {
            const failingSinceMs = await held(taken, settled(trx, taken).set(told));
            if (before !== null) await lookAgain(trx, taken.channel, before);
            return failingSinceMs;
          });
        }
        case 'skipped': {
          const { reason, lookAgainAtMs } = settlement;
          const again = { look_again_at_ms: nextLook(taken, lookAgainAtMs) };
          return held(taken, row.set({ ...good(settlement), ...again, last_error: short(reason) }));
        }
        case 'postponed':
          return held(
            taken,
            row.set({ next_at_ms: afterUnlessNews(settlement.judgedSeq, settlement.forMs) }),
          );
        case 'failed':
          return held(
            taken,
            row.set({
              attempts: sql`attempts + 1`,
              failing_since_ms: sql`coalesce(failing_since_ms, ${databaseNow})`,
              last_error: short(settlement.reason),
              next_at_ms: after(settlement.retryInMs),
            }),
          );
      }
    },

    async noted(channel, incidentId, failingSinceMs) {
      await db
        .updateTable('notifications')
        .set({ noted_since_ms: failingSinceMs })
        .where('channel', '=', storable(channel))
        .where('incident_id', '=', storable(incidentId))
        .execute();
    },

    async told(channel, incidentIds) {
      if (incidentIds.length === 0) return new Map();
      const rows = await db
        .selectFrom('notifications')
        .select(['incident_id', 'memory'])
        .where('channel', '=', storable(channel))
        .where('incident_id', 'in', incidentIds.map(storable))
        .where('told_at_ms', 'is not', null)
        .execute();
      return new Map(rows.map((row) => [row.incident_id, row.memory]));
    },

    async waiting(channel) {
      const { count } = await db
        .selectFrom('notifications')
        .select(sql<number>`count(*)`.as('count'))
        .where('channel', '=', storable(channel))
        .whereRef('delivered_seq', '<', 'wanted_seq')
        .executeTakeFirstOrThrow();
      return count;
    },
  };
}

type TakenRow = {
  channel: string;
  incident_id: string;
  lease: string;
  delivered_seq: number;
  memory: ChannelMemory | null;
  attempts: number;
  failing_since_ms: number | null;
  noted_since_ms: number | null;
  told_ago_ms: number | null;
  quiet: boolean;
  look_again: boolean;
  now_ms: number;
};

function taken(row: TakenRow): TakenNotification {
  return {
    channel: row.channel,
    incidentId: row.incident_id,
    lease: row.lease,
    deliveredSeq: row.delivered_seq,
    memory: row.memory,
    toldAgoMs: row.told_ago_ms,
    quiet: row.quiet,
    lookAgain: row.look_again,
    nowMs: row.now_ms,
    attempts: row.attempts,
    failingSinceMs: row.failing_since_ms,
    notedSinceMs: row.noted_since_ms,
  };
}

/** The row, as long as the lease is still ours. */
function mine(db: Kysely<Schema>, { channel, incidentId, lease }: TakenNotification) {
  return db
    .updateTable('notifications')
    .where('channel', '=', channel)
    .where('incident_id', '=', incidentId)
    .where('lease', '=', lease);
}

/** The row, with the lease ended. */
const settled = (db: Kysely<Schema>, taken: TakenNotification) =>
  mine(db, taken).set({ lease: null, locked_until_ms: 0 });

async function lookAgain(db: Kysely<Schema>, channel: string, incidentId: string): Promise<void> {
  await db
    .updateTable('notifications')
    .set({ look_again_at_ms: databaseNow })
    .where('channel', '=', channel)
    .where('incident_id', '=', storable(incidentId))
    .where('told_at_ms', 'is not', null)
    .execute();
}

async function held(
  { channel, incidentId }: TakenNotification,
  update: ReturnType<typeof mine>,
): Promise<number | null> {
  const row = await update.returning('failing_since_ms').executeTakeFirst();
  if (row === undefined) throw new LeaseLost(`${channel} is told of ${incidentId} by somebody else now`);
  return row.failing_since_ms;
}

function good(settlement: { readonly deliveredSeq: number; readonly memory?: ChannelMemory }) {
  const { deliveredSeq, memory } = settlement;
  return {
    delivered_seq: deliveredSeq,
    ...(memory === undefined ? {} : { memory: json(memory) }),
    attempts: 0,
    failing_since_ms: null,
    next_at_ms: 0,
  };
}

/** A look that has come due since this one began stays: it may be about what this one has not seen. */
function nextLook({ nowMs }: TakenNotification, atMs: number | null) {
  return sql<number | null>`case
    when look_again_at_ms >= ${nowMs}::bigint and look_again_at_ms <= ${databaseNow} then look_again_at_ms
    else ${atMs === null ? null : Math.round(atMs)}::bigint end`;
}

const after = (ms: number) => sql<number>`${databaseNow} + ${Math.round(ms)}::bigint`;

const afterUnlessNews = (judgedSeq: number, ms: number) =>
  sql<number>`case when wanted_seq > ${judgedSeq} then 0 else ${after(ms)} end`;

function short(reason: string | null): string | null {
  return reason === null ? null : storable(reason).slice(0, longestError);
}
