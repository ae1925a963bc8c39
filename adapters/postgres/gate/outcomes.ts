// What became of each effect. When too large a share was in vain, of one action or of all in an environment, a breaker opens; only
// a person closes it.

import { type Kysely, sql } from 'kysely';
import {
  type EffectOutcome,
  type LimitsConfig,
  type Tally,
  tooManyInVain,
} from '../../../domain/remediation/limits.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';

/** Stands for all actions of an environment. */
export const allActions = '*';

/**
 * The later of two outcomes of an effect counts. `countedInRow`: the row of failures that has counted it (breaker.ts), if one has
 * now. Answers the forward action it was; null for an undo, and for no such intent.
 */
export async function noteOutcome(
  trx: Kysely<Schema>,
  intentId: string,
  outcome: EffectOutcome,
  countedInRow: number | null,
): Promise<string | null> {
  const intent = await trx
    .selectFrom('intents')
    .select(['environment', 'direction', 'body'])
    .where('id', '=', storable(intentId))
    .executeTakeFirst();
  if (intent === undefined) return null;
  const { action, target } = intent.body;
  const counted = countedInRow === null ? {} : { counted_in_row: countedInRow };
  const found = { outcome, at_ms: databaseNow, ...counted };
  const about = {
    environment: intent.environment,
    service: storable(target.service),
    direction: intent.direction,
  };
  await trx
    .insertInto('effect_outcomes')
    .values({ intent_id: intentId, action, ...about, ...found })
    .onConflict((conflict) => conflict.column('intent_id').doUpdateSet(found))
    .execute();
  return intent.direction === 'forward' ? action : null;
}

/**
 * It did not fail after all; what a look has said of it stays. Opens no breaker. Answers the row of failures that has counted it,
 * once.
 */
export async function withdrawFailure(trx: Kysely<Schema>, intentId: string): Promise<number | null> {
  const id = storable(intentId);
  const known = await trx
    .selectFrom('effect_outcomes')
    .select('counted_in_row')
    .where('intent_id', '=', id)
    .executeTakeFirst();
  await trx
    .updateTable('effect_outcomes')
    .set({ counted_in_row: null })
    .where('intent_id', '=', id)
    .execute();
  await trx
    .deleteFrom('effect_outcomes')
    .where('intent_id', '=', id)
    .where('outcome', '=', 'failed')
    .execute();
  return known?.counted_in_row ?? null;
}

/** For one action of an environment, or for all of them. */
export async function openWhenDue(
  trx: Kysely<Schema>,
  environment: string,
  action: string,
  limits: LimitsConfig,
): Promise<void> {
  const known = await trx
    .selectFrom('breakers')
    .select('reset_at_ms')
    .where('environment', '=', environment)
    .where('action', '=', action)
    .executeTakeFirst();
  if (known !== undefined && known.reset_at_ms === null) return;
  const nowMs = await databaseNowMs(trx);
  const { windowHours } = limits.breaker;
  const sinceMs = Math.max(nowMs - windowHours * 3_600_000, known?.reset_at_ms ?? 0);
  const tally = await tallyOf(trx, environment, action, sinceMs);
  if (!tooManyInVain(tally, limits)) return;
  const what = action === allActions ? 'effects' : `effects of ${action}`;
  const reason = `${tally.inVain} of ${tally.effects} ${what} in ${windowHours} h failed or did not help`;
  const opened = { opened_at_ms: nowMs, reason, reset_at_ms: null, reset_by: null };
  await trx
    .insertInto('breakers')
    .values({ environment, action, ...opened })
    .onConflict((conflict) => conflict.columns(['environment', 'action']).doUpdateSet(opened))
    .execute();
}

async function tallyOf(
  trx: Kysely<Schema>,
  environment: string,
  action: string,
  sinceMs: number,
): Promise<Tally> {
  let effects = trx
    .selectFrom('effect_outcomes')
    .select([
      sql<string>`count(*)`.as('effects'),
      sql<string>`count(*) filter (where outcome <> 'helped')`.as('in_vain'),
    ])
    .where('environment', '=', environment)
    .where('direction', '=', 'forward')
    .where('at_ms', '>', sinceMs);
  if (action !== allActions) effects = effects.where('action', '=', action);
  const row = await effects.executeTakeFirstOrThrow();
  return { effects: Number(row.effects), inVain: Number(row.in_vain) };
}

/** Why the breaker of this action, or of all of its environment, is open; null when neither is. */
export async function openBreaker(
  trx: Kysely<Schema>,
  environment: string,
  action: string,
): Promise<string | null> {
  const row = await trx
    .selectFrom('breakers')
    .select('reason')
    .where('environment', '=', environment)
    .where('action', 'in', [action, allActions])
    .where('reset_at_ms', 'is', null)
    .orderBy('opened_at_ms')
    .executeTakeFirst();
  return row?.reason ?? null;
}
