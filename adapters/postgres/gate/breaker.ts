// The breaker counts, per environment, effects in a row that failed or did not help. What follows from the count is
// domain/remediation/limits.ts.

import { type Kysely, sql } from 'kysely';
import { breakerOpenUntilMs, type LimitsConfig } from '../../../domain/remediation/limits.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

/** What `limits.breaker.notRecoveredEffects` is at most: past it the number says nothing new. */
const highestThreshold = 100;

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
    Array.from({ length: Math.min(row.failures_in_a_row, highestThreshold) }, () => failure),
    limits,
    nowMs,
  );
}

/** Answers which row it was counted in. */
export async function countFailure(trx: Kysely<Schema>, environment: string): Promise<number> {
  const { row_id: rowId } = await trx
    .insertInto('breaker')
    .values({ environment, failures_in_a_row: 1, last_failure_ms: databaseNow })
    .onConflict((conflict) =>
      conflict.column('environment').doUpdateSet({
        failures_in_a_row: sql`breaker.failures_in_a_row + 1`,
        last_failure_ms: databaseNow,
      }),
    )
    .returning('row_id')
    .executeTakeFirstOrThrow();
  return rowId;
}

/**
 * It was no failure after all. A row that has ended since is left alone, and so is what the next one has counted. When the last
 * failure was still counts from this one: the environment is held back a little longer, never shorter.
 */
export async function uncountFailure(trx: Kysely<Schema>, environment: string, rowId: number): Promise<void> {
  await trx
    .updateTable('breaker')
    .set({ failures_in_a_row: sql`failures_in_a_row - 1` })
    .where('environment', '=', environment)
    .where('row_id', '=', rowId)
    .where('failures_in_a_row', '>', 0)
    .execute();
}

export async function endFailures(trx: Kysely<Schema>, environment: string): Promise<void> {
  await trx
    .updateTable('breaker')
    .set({ failures_in_a_row: 0, row_id: sql`row_id + 1` })
    .where('environment', '=', environment)
    .where('failures_in_a_row', '>', 0)
    .execute();
}
