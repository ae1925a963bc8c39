// QueueReader: how much waits, counted in one look.

import { type Kysely, sql } from 'kysely';
import type { Queues } from '../../api/ports/health.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';

/** Without what a process holds in memory. */
export type StoredQueues = {
  depths(): Promise<Omit<Queues, 'historyRows'>>;
};

export function createQueueReader(db: Kysely<Schema>): StoredQueues {
  return {
    async depths() {
      const { rows } = await sql<{
        inbox_pending: number;
        inbox_dead: number;
        inbox_oldest_ms: number | null;
        decisions_undelivered: number;
        approvals_pending: number;
        incidents_open: number;
      }>`select
        (select count(*) from inbox where status = 'pending')::bigint as inbox_pending,
        (select count(*) from inbox where status = 'dead')::bigint as inbox_dead,
        (select min(received_at_ms) from inbox where status = 'pending') as inbox_oldest_ms,
        (select count(*) from approvals join incidents on incidents.id = approvals.incident_id
          where delivered_at_ms is null and status not in ('handed-over', 'closed'))::bigint as decisions_undelivered,
        (select count(*) from approval_requests as request join incidents on incidents.id = request.incident_id
          where resolution is null and status not in ('handed-over', 'closed') and incidents.plan_hash = request.plan_hash
            and deadline_ms >= ${databaseNow})::bigint as approvals_pending,
        (select count(*) from incidents where status <> 'closed')::bigint as incidents_open`.execute(db);
      const row = rows[0];
      if (row === undefined) throw new Error('the database counted nothing');
      return {
        inboxPending: row.inbox_pending,
        inboxDead: row.inbox_dead,
        inboxOldestMs: row.inbox_oldest_ms,
        decisionsUndelivered: row.decisions_undelivered,
        approvalsPending: row.approvals_pending,
        incidentsOpen: row.incidents_open,
      };
    },
  };
}
