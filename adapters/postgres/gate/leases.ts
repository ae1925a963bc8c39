// Leases: one incident acts on a target at a time. Every intent gets a higher fencing number than all before it on its
// target, so that whoever still acts under an old one is told apart: another incident, and an undo from its own forward
// effect, too. The database's clock says when a lease is over.

import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { targetText } from '../../../domain/inventory/target.ts';
import type { Schema } from '../database/schema.ts';
import type { Check } from './checks.ts';

export type Lease =
  | { readonly held: true; readonly fence: number }
  | { readonly held: false; readonly by: string; readonly expiresAtMs: number };

/** Another incident has the target. Asked before anything is said about its state, which may just be changing. */
export const leaseFree: Check = async (trx, { effect, nowMs }) => {
  const current = await trx
    .selectFrom('leases')
    .select('incident_id')
    .where('target_key', '=', effect.targetKey)
    .where('incident_id', '<>', effect.content.incidentId)
    .where('expires_at_ms', '>', nowMs)
    .executeTakeFirst();
  if (current === undefined) return null;
  return {
    reason: 'target-leased',
    detail: `${current.incident_id} is acting on ${targetText(effect.content.target)}`,
  };
};

/**
 * Takes, renews or takes over the lease of a target for an intent. `fence`: what the intent has already; it keeps it while
 * that is still the lease's own. The caller holds the gate's lock.
 */
export async function takeLease(
  trx: Kysely<Schema>,
  intent: {
    readonly targetKey: string;
    readonly incidentId: string;
    readonly fence: number | null;
    readonly nowMs: number;
    readonly leaseMs: number;
  },
): Promise<Lease> {
  const { targetKey, incidentId, nowMs, leaseMs } = intent;
  const current = await trx
    .selectFrom('leases')
    .selectAll()
    .where('target_key', '=', targetKey)
    // Against renewLease, which comes without the gate's lock.
    .forUpdate()
    .executeTakeFirst();
  const live = current !== undefined && current.expires_at_ms > nowMs;
  if (live && current.incident_id !== incidentId) {
    return { held: false, by: current.incident_id, expiresAtMs: current.expires_at_ms };
  }
  const fence = live && current.fence === intent.fence ? current.fence : await nextFence(trx, targetKey);
  const lease = { incident_id: incidentId, fence, expires_at_ms: nowMs + leaseMs };
  await trx
    .insertInto('leases')
    .values({ target_key: targetKey, ...lease })
    .onConflict((conflict) => conflict.column('target_key').doUpdateSet(lease))
    .execute();
  return { held: true, fence };
}

/** Renews the lease that has this fencing number, even when its time is over, unless somebody came after it. */
export async function renewLease(
  trx: Kysely<Schema>,
  targetKey: string,
  incidentId: string,
  fence: number,
  nowMs: number,
  leaseMs: number,
): Promise<boolean> {
  const renewed = await trx
    .updateTable('leases')
    .set({ expires_at_ms: nowMs + leaseMs })
    .where('target_key', '=', targetKey)
    .where('incident_id', '=', incidentId)
    .where('fence', '=', fence)
    .executeTakeFirst();
  return renewed.numUpdatedRows > 0n;
}

async function nextFence(trx: Kysely<Schema>, targetKey: string): Promise<number> {
  const { last_fence } = await trx
    .insertInto('fences')
    .values({ target_key: targetKey, last_fence: 1 })
    .onConflict((conflict) =>
      conflict.column('target_key').doUpdateSet({ last_fence: sql`fences.last_fence + 1` }),
    )
    .returning('last_fence')
    .executeTakeFirstOrThrow();
  return last_fence;
}
