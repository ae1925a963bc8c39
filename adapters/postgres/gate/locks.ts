// The order in which the gate and the kill switch lock. Gates of one environment pass one after the other, because rate
// limits, breaker and leases are about all of them together; gates of different environments do not meet. Whoever sets a
// kill switch waits for the gates under way, and every gate after that sees it: once `set` has returned, nothing passes.

import { type Kysely, sql } from 'kysely';
import type { Schema } from '../database/schema.ts';

const everywhere = 'gate/*';

/** Until the end of the transaction: this environment's gate is ours, and no kill switch changes. */
export async function lockGate(trx: Kysely<Schema>, environment: string): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(${everywhere}, 0)),
    pg_advisory_xact_lock(hashtextextended(${`gate/in/${environment}`}, 0))`.execute(trx);
}

/**
 * Until the end of the transaction nobody else's gate is about these: a resource may be a target in two environments. After
 * `lockGate`, and all of them in one order, so that nobody waits for somebody who waits for him.
 */
export async function lockTargets(trx: Kysely<Schema>, keys: readonly string[]): Promise<void> {
  for (const key of keys)
    await sql`select pg_advisory_xact_lock(hashtextextended(${`gate/of/${key}`}, 0))`.execute(trx);
}

/** Until the end of the transaction no effect is on its way out, and no kill switch changes. */
export async function lockKillSwitchShared(trx: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(${everywhere}, 0))`.execute(trx);
}

/** Until the end of the transaction no gate anywhere is under way. */
export async function lockKillSwitch(trx: Kysely<Schema>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${everywhere}, 0))`.execute(trx);
}
