// Leases: one incident acts on a target at a time. Every new lease of a target gets a higher fencing number, so that
// whoever still acts under an old one is told apart. The database's clock says when a lease is over.

import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from '../database/schema.ts';

export type Lease =
  | { readonly held: true; readonly fence: number }
  | { readonly held: false; readonly by: string; readonly expiresAtMs: number };

/** Takes, renews or takes over the lease of a target for an incident. The caller holds the gate's lock. */
export async function takeLease(
  trx: Kysely<Schema>,
  targetKey: string,
  incidentId: string,
  nowMs: number,
  leaseMs: number,
): Promise<Lease> {
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
  const fence = live ? current.fence : await nextFence(trx, targetKey);
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
