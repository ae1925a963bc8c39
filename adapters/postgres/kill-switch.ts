// KillSwitch: a person says stop. Engaged for an environment or for all ('*'), no effect passes, compensation included.

import type { Kysely } from 'kysely';
import type { KillSwitch, SwitchResult } from '../../api/ports/kill-switch.ts';
import type { Principal } from '../../api/ports/principal.ts';
import { actorOf, nameOf } from '../../domain/policy/identity.ts';
import { reaches } from '../../domain/policy/reach.ts';
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
        releasedBy: row.engaged && row.by_role === 'admin' ? 'admin' : 'operator',
      }));
    },

    set: (environment, engaged, principal, reason) =>
      transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const refused = await objection(trx, environment, engaged, principal);
        const atMs = await databaseNowMs(trx);
        if (refused === null) {
          // Whoever engages it once more makes it no easier to release.
          const role = engaged && (await engagedByAdmin(trx, environment)) ? 'admin' : principal.role;
          const who = { by_actor: storable(nameOf(actorOf(principal))), by_role: role };
          const row = { engaged, ...who, reason: storable(reason), at_ms: atMs };
          await trx
            .insertInto('kill_switch')
            .values({ environment: storable(environment), ...row })
            .onConflict((conflict) => conflict.column('environment').doUpdateSet(row))
            .execute();
        }
        const more: Readonly<Record<string, string>> = refused === null ? {} : { refused: refused.reason };
        await appendAudit(trx, [
          {
            actor: actorOf(principal),
            action: 'kill-switch.set',
            atMs,
            reason,
            subject: `environment/${environment}`,
            planHash: null,
            details: { engaged, keyId: principal.keyId, ...more },
          },
        ]);
        return refused ?? { set: true };
      }),
  };
}

type Refused = Extract<SwitchResult, { set: false }>;

async function objection(
  trx: Kysely<Schema>,
  environment: string,
  engaged: boolean,
  principal: Principal,
): Promise<Refused | null> {
  const who = nameOf(actorOf(principal));
  if (!reaches(principal.reach, environment, null)) {
    const where = environment === allEnvironments ? 'every environment' : environment;
    return { set: false, reason: 'out-of-reach', detail: `the key of ${who} does not reach ${where}` };
  }
  if (engaged) return null;
  if (principal.role === 'admin' || !(await engagedByAdmin(trx, environment))) return null;
  const { by_actor: by } = await trx
    .selectFrom('kill_switch')
    .select('by_actor')
    .where('environment', '=', storable(environment))
    .executeTakeFirstOrThrow();
  const detail = `an admin engaged it, so only an admin can release it; ${by} engaged it most recently`;
  return { set: false, reason: 'role-too-low', detail };
}

async function engagedByAdmin(trx: Kysely<Schema>, environment: string): Promise<boolean> {
  const row = await trx
    .selectFrom('kill_switch')
    .select(['engaged', 'by_role'])
    .where('environment', '=', storable(environment))
    .executeTakeFirst();
  return row?.engaged === true && row.by_role === 'admin';
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
