// The breaker counts, per environment, effects in a row that failed or did not help. What follows from the count is
// domain/remediation/limits.ts.

import { type Kysely, sql } from 'kysely';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { breakerOpenUntilMs, type LimitsConfig } from '../../../domain/remediation/limits.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

/**
 * Counts newly recorded facts, in the transaction that records them. A verification counts once per attempt, only when
 * there was an effect to verify, and not when it had too few samples to tell.
 */
export async function noteEffects(
  trx: Kysely<Schema>,
  state: IncidentState,
  added: readonly IncidentEvent[],
): Promise<void> {
  const { environment } = state.scope;
  for (const event of added) {
    if (event.type === 'effect-failed' && event.direction === 'forward' && isOurs(event))
      await countFailure(trx, environment);
    if (event.type !== 'verified' || !state.effects.some((effect) => effect.attempt === event.attempt))
      continue;
    if (event.result.outcome === 'recovered') await reset(trx, environment);
    if (event.result.outcome === 'not-recovered' && (await isFirst(trx, state.incidentId, event))) {
      await countFailure(trx, environment);
    }
  }
}

/** Until when effects are held back, or null. */
export async function breakerOpen(
  trx: Kysely<Schema>,
  environment: string,
  limits: LimitsConfig,
  nowMs: number,
): Promise<number | null> {
  const row = await trx
    .selectFrom('breaker')
    .selectAll()
    .where('environment', '=', environment)
    .executeTakeFirst();
  if (row === undefined) return null;
  const failure = { recovered: false, finishedMs: row.last_failure_ms };
  return breakerOpenUntilMs(
    Array.from({ length: row.failures_in_a_row }, () => failure),
    limits,
    nowMs,
  );
}

/** What was never sent, and what somebody else has replaced, says nothing of our effects. */
export function isOurs(event: Extract<IncidentEvent, { type: 'effect-failed' }>): boolean {
  return event.neverSent !== true && event.superseded !== true;
}

async function isFirst(
  trx: Kysely<Schema>,
  incidentId: string,
  event: Extract<IncidentEvent, { type: 'verified' }>,
): Promise<boolean> {
  const earlier = await trx
    .selectFrom('incident_events')
    .select('body')
    .where('incident_id', '=', incidentId)
    .where('type', '=', 'verified')
    .where('seq', '<', event.seq)
    .execute();
  return !earlier.some(
    ({ body }) =>
      body.type === 'verified' && body.attempt === event.attempt && body.result.outcome === 'not-recovered',
  );
}

async function countFailure(trx: Kysely<Schema>, environment: string): Promise<void> {
  await trx
    .insertInto('breaker')
    .values({ environment, failures_in_a_row: 1, last_failure_ms: databaseNow })
    .onConflict((conflict) =>
      conflict.column('environment').doUpdateSet({
        // No threshold is higher than 100: past that the number says nothing new.
        failures_in_a_row: sql`least(breaker.failures_in_a_row + 1, 100)`,
        last_failure_ms: databaseNow,
      }),
    )
    .execute();
}

async function reset(trx: Kysely<Schema>, environment: string): Promise<void> {
  await trx
    .updateTable('breaker')
    .set({ failures_in_a_row: 0 })
    .where('environment', '=', environment)
    .where('failures_in_a_row', '>', 0)
    .execute();
}
