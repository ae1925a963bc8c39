// KillSwitch: a person says stop. Engaged for an environment or for all ('*'), no effect passes, compensation included.

import type { Kysely } from 'kysely';
import type { KillSwitch } from '../../api/ports.ts';
import { actorOf } from '../../domain/policy/identity.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lockKillSwitch } from './gate/locks.ts';
import { storable } from './text.ts';
import { transact } from './transact.ts';

export const allEnvironments = '*';

export function createKillSwitch(db: Kysely<Schema>): KillSwitch {
  return {
    async list() {
      const rows = await db.selectFrom('kill_switch').selectAll().orderBy('environment').execute();
      return rows.map((row) => ({
        environment: row.environment,
        engaged: row.engaged,
        by: row.by_actor,
        reason: row.reason,
        atMs: row.at_ms,
      }));
    },

    async set(environment, engaged, principal, reason) {
      await transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const atMs = await databaseNowMs(trx);
        const row = { engaged, by_actor: storable(principal.name), reason: storable(reason), at_ms: atMs };
        await trx
          .insertInto('kill_switch')
          .values({ environment: storable(environment), ...row })
          .onConflict((conflict) => conflict.column('environment').doUpdateSet(row))
          .execute();
        await appendAudit(trx, [
          {
            actor: actorOf(principal),
            action: 'kill-switch.set',
            atMs,
            reason,
            subject: `environment/${environment}`,
            planHash: null,
            details: { engaged, keyId: principal.keyId },
          },
        ]);
      });
    },
  };
}

/** Who engaged a switch that covers this environment, in words; null when none is engaged. */
export async function engagedSwitch(trx: Kysely<Schema>, environment: string): Promise<string | null> {
  const row = await trx
    .selectFrom('kill_switch')
    .select(['environment', 'by_actor', 'reason'])
    .where('environment', 'in', [environment, allEnvironments])
    .where('engaged', '=', true)
    .orderBy('environment')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const where = row.environment === allEnvironments ? 'every environment' : row.environment;
  return `engaged for ${where} by ${row.by_actor}: ${row.reason}`;
}
