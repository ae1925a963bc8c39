// Leases: one incident acts on a target at a time. Every intent gets a higher fencing number than all before it on its
// target, so that whoever still acts under an old one is told apart: another incident, and an undo from its own forward
// effect, too. The database's clock says when a lease is over.

import type { Kysely } from 'kysely';
import type { Schema } from '../database/schema.ts';
import type { Check } from './checks.ts';
import { type Effect, keyText } from './effect.ts';

export type Lease =
  | { readonly held: true; readonly fence: number }
  | { readonly held: false; readonly by: string; readonly key: string };

/** Another incident has the target. Asked before anything is said about its state, which may just be changing. */
export const leaseFree: Check = async (trx, { effect, nowMs }) => {
  const current = await trx
    .selectFrom('leases')
    .select(['target_key', 'incident_id'])
    .where('target_key', 'in', effect.keys)
    .where('incident_id', '<>', effect.content.incidentId)
    .where('expires_at_ms', '>', nowMs)
    .orderBy('target_key')
    .executeTakeFirst();
  if (current === undefined) return null;
  return { reason: 'target-leased', detail: leasedText(effect, current.target_key, current.incident_id) };
};

export function leasedText(effect: Effect, key: string, by: string): string {
  return `${by} is acting on ${keyText(effect, key)}`;
}

/**
 * Takes, renews or takes over the leases of everything that an intent takes hold of, all under one fence. `fence`: what the
 * intent has already; it keeps it while that is still the leases' own. The caller holds the gate's locks.
 */
export async function takeLease(
  trx: Kysely<Schema>,
  intent: {
    readonly keys: readonly string[];
    readonly incidentId: string;
    readonly fence: number | null;
    readonly nowMs: number;
    readonly leaseMs: number;
  },
): Promise<Lease> {
  const { keys, incidentId, nowMs, leaseMs } = intent;
  const current = await trx
    .selectFrom('leases')
    .selectAll()
    .where('target_key', 'in', keys)
    .orderBy('target_key')
    // Against renewLease, which comes without the gate's lock.
    .forUpdate()
    .execute();
  const live = current.filter(({ expires_at_ms }) => expires_at_ms > nowMs);
  const others = live.find(({ incident_id }) => incident_id !== incidentId);
  if (others !== undefined) return { held: false, by: others.incident_id, key: others.target_key };
  const ours = live.length === keys.length && live.every(({ fence }) => fence === intent.fence);
  const fence = ours && intent.fence !== null ? intent.fence : await nextFence(trx, keys);
  const lease = { incident_id: incidentId, fence, expires_at_ms: nowMs + leaseMs };
  await trx
    .insertInto('leases')
    .values(keys.map((target_key) => ({ target_key, ...lease })))
    .onConflict((conflict) => conflict.column('target_key').doUpdateSet(lease))
    .execute();
  return { held: true, fence };
}

/** Renews the leases that have this fencing number, even when their time is over, unless somebody came after any of them. */
export async function renewLease(
  trx: Kysely<Schema>,
  keys: readonly string[],
  incidentId: string,
  fence: number,
  nowMs: number,
  leaseMs: number,
): Promise<boolean> {
  const ours = await trx
    .selectFrom('leases')
    .select('target_key')
    .where('target_key', 'in', keys)
    .where('incident_id', '=', incidentId)
    .where('fence', '=', fence)
    .orderBy('target_key')
    .forUpdate()
    .execute();
  if (ours.length < keys.length) return false;
  await trx
    .updateTable('leases')
    .set({ expires_at_ms: nowMs + leaseMs })
    .where('target_key', 'in', keys)
    .execute();
  return true;
}

/** Higher than any that one of them has had. */
async function nextFence(trx: Kysely<Schema>, keys: readonly string[]): Promise<number> {
  const known = await trx
    .selectFrom('fences')
    .select((select) => select.fn.max('last_fence').as('last'))
    .where('target_key', 'in', keys)
    .executeTakeFirst();
  const last_fence = Number(known?.last ?? 0) + 1;
  await trx
    .insertInto('fences')
    .values(keys.map((target_key) => ({ target_key, last_fence })))
    .onConflict((conflict) => conflict.column('target_key').doUpdateSet({ last_fence }))
    .execute();
  return last_fence;
}
