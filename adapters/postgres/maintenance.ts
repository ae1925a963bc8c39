// Keeps the tables that grow with traffic from growing for ever. Records of incidents, plans, intents and the audit trail
// stay: how long they are kept is for the people who own them to say.

import type { Kysely } from 'kysely';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';

const dayMs = 86_400_000;
/** An inbox item that is done is remembered this long, so that the sender's repeat is recognised. */
const inboxDoneMs = 7 * dayMs;
const inboxDeadMs = 90 * dayMs;
const changesMs = 90 * dayMs;
const edgesMs = 30 * dayMs;
/** As far back as the track record can be asked for. */
const outcomesMs = 366 * dayMs;
/** An alert that has not fired for so long is forgotten: the next time is its first. */
const alertsMs = 90 * dayMs;
const refusedMs = 7 * dayMs;
const resourcesMs = 7 * dayMs;
/** Names come from senders: beyond this many rows the oldest go, too. */
const maxRefused = 10_000;
const maxResources = 100_000;
/** A season of weeks is still known after as long a pause. */
const learntMs = 35 * dayMs;
/** About two kilobytes each. */
const maxLearnt = 100_000;
/** As long as a silence that has ended is listed. */
const silencedMs = 30 * dayMs;
const maxBudgets = 10_000;
/** Topics rarely keep records for longer. */
const replaysMs = 90 * dayMs;
/** A signature is good for minutes only. */
const signedRequestsMs = dayMs;
/** Whoever asked has gone long before. */
const agentRequestsMs = 3_600_000;

export type Maintenance = {
  /** Removes what is past its time; returns how many rows. Safe to call at any moment, from any process. */
  prune(): Promise<number>;
};

export function createMaintenance(db: Kysely<Schema>): Maintenance {
  return {
    async prune() {
      const nowMs = await databaseNowMs(db);
      const removed = [
        await db
          .deleteFrom('effect_outcomes')
          .where('at_ms', '<', nowMs - outcomesMs)
          .execute(),
        await db
          .deleteFrom('inbox')
          .where('status', '=', 'done')
          .where('finished_at_ms', '<', nowMs - inboxDoneMs)
          .execute(),
        await db
          .deleteFrom('inbox')
          .where('status', '=', 'dead')
          .where('finished_at_ms', '<', nowMs - inboxDeadMs)
          .execute(),
        await db
          .deleteFrom('changes')
          .where('at_ms', '<', nowMs - changesMs)
          .execute(),
        await db
          .deleteFrom('service_edges')
          .where('seen_at_ms', '<', nowMs - edgesMs)
          .execute(),
        await db
          .deleteFrom('alerts')
          .where('state', '=', 'resolved')
          .where('changed_at_ms', '<', nowMs - alertsMs)
          .execute(),
        await db
          .deleteFrom('refused_telemetry')
          .where('last_at_ms', '<', nowMs - refusedMs)
          .execute(),
        await db
          .deleteFrom('refused_telemetry')
          .where('last_at_ms', '<', (eb) =>
            eb
              .selectFrom('refused_telemetry')
              .select('last_at_ms')
              .orderBy('last_at_ms', 'desc')
              .offset(maxRefused)
              .limit(1),
          )
          .execute(),
        await db
          .deleteFrom('telemetry_resources')
          .where('seen_at_ms', '<', nowMs - resourcesMs)
          .execute(),
        await db
          .deleteFrom('telemetry_resources')
          .where('seen_at_ms', '<', (eb) =>
            eb
              .selectFrom('telemetry_resources')
              .select('seen_at_ms')
              .orderBy('seen_at_ms', 'desc')
              .offset(maxResources)
              .limit(1),
          )
          .execute(),
        await db
          .deleteFrom('learnt_states')
          .where('kept_at_ms', '<', nowMs - learntMs)
          .execute(),
        await db
          .deleteFrom('learnt_states')
          .where('kept_at_ms', '<', (eb) =>
            eb
              .selectFrom('learnt_states')
              .select('kept_at_ms')
              .orderBy('kept_at_ms', 'desc')
              .offset(maxLearnt)
              .limit(1),
          )
          .execute(),
        await db
          .deleteFrom('error_budgets')
          .where('at_ms', '<', nowMs - learntMs)
          .execute(),
        await db
          .deleteFrom('error_budgets')
          .where('at_ms', '<', (eb) =>
            eb
              .selectFrom('error_budgets')
              .select('at_ms')
              .orderBy('at_ms', 'desc')
              .offset(maxBudgets)
              .limit(1),
          )
          .execute(),
        await db
          .deleteFrom('dead_letter_replays')
          .where('begun_at_ms', '<', nowMs - replaysMs)
          .execute(),
        await db
          .deleteFrom('slack_requests')
          .where('seen_at_ms', '<', nowMs - signedRequestsMs)
          .execute(),
        await db
          .deleteFrom('agent_requests')
          .where('until_ms', '<', nowMs - agentRequestsMs)
          .execute(),
        await db
          .deleteFrom('silenced_findings')
          .where('due_at_ms', 'is', null)
          .where('last_at_ms', '<', nowMs - silencedMs)
          .execute(),
        await db.deleteFrom('sessions').where('expires_at_ms', '<', nowMs).execute(),
      ];
      return removed.flat().reduce((sum, { numDeletedRows }) => sum + Number(numDeletedRows), 0);
    },
  };
}
