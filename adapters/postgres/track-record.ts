// TrackRecord: what became of effects, counted from the outcomes that the gate notes; and its breakers, for people.

import { type Kysely, sql } from 'kysely';
import type { TrackRecord } from '../../api/ports/track-record.ts';
import { actorOf, nameOf } from '../../domain/policy/identity.ts';
import { reaches } from '../../domain/policy/reach.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lockGate } from './gate/locks.ts';
import { storable } from './text.ts';
import { transact } from './transact.ts';

export function createTrackRecord(db: Kysely<Schema>): TrackRecord {
  return {
    async since(sinceMs, limit) {
      const only = (direction: string, outcome: string) =>
        sql<string>`count(*) filter (where direction = ${direction} and outcome = ${outcome})`;
      const rows = await db
        .selectFrom('effect_outcomes')
        .select(['environment', 'service', 'action'])
        .select([
          sql<string>`count(*) filter (where direction = 'forward')`.as('effects'),
          only('forward', 'helped').as('helped'),
          only('forward', 'did-not-help').as('did_not_help'),
          only('forward', 'failed').as('failed'),
          only('compensation', 'undone').as('undone'),
          only('compensation', 'failed').as('not_undone'),
          sql<string>`max(at_ms)`.as('last_at_ms'),
        ])
        .where('at_ms', '>', sinceMs)
        .groupBy(['environment', 'service', 'action'])
        .orderBy('last_at_ms', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        environment: row.environment,
        service: row.service,
        action: row.action,
        effects: Number(row.effects),
        helped: Number(row.helped),
        didNotHelp: Number(row.did_not_help),
        failed: Number(row.failed),
        undone: Number(row.undone),
        notUndone: Number(row.not_undone),
        lastAtMs: Number(row.last_at_ms),
      }));
    },

    async openBreakers() {
      const rows = await db
        .selectFrom('breakers')
        .select(['environment', 'action', 'opened_at_ms', 'reason'])
        .where('reset_at_ms', 'is', null)
        .orderBy('opened_at_ms', 'desc')
        .execute();
      return rows.map(({ opened_at_ms, ...row }) => ({ ...row, openedAtMs: opened_at_ms }));
    },

    reset: ({ environment, action, principal, reason }) =>
      transact(db, async (trx) => {
        await lockGate(trx, environment);
        const reached = reaches(principal.reach, environment, null);
        const atMs = await databaseNowMs(trx);
        const by = storable(nameOf(actorOf(principal)));
        const changed = reached
          ? await trx
              .updateTable('breakers')
              .set({ reset_at_ms: atMs, reset_by: by })
              .where('environment', '=', storable(environment))
              .where('action', '=', storable(action))
              .where('reset_at_ms', 'is', null)
              .executeTakeFirst()
          : null;
        const refused = changed === null ? 'out-of-reach' : changed.numUpdatedRows === 0n ? 'not-open' : null;
        await appendAudit(trx, [
          {
            actor: actorOf(principal),
            action: 'breaker.reset',
            atMs,
            reason: storable(reason),
            subject: `environment/${environment}`,
            planHash: null,
            details: {
              of: action,
              keyId: principal.keyId,
              ...(refused === null ? {} : { refused }),
            },
          },
        ]);
        return refused === null ? { reset: true } : { reset: false, reason: refused };
      }),
  };
}
