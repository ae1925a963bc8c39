// What became of each effect, noted in the transaction that records it. When too large a share was in vain, of one action or
// of all in an environment, a breaker opens; only a person closes it.

import { type Kysely, sql } from 'kysely';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import {
  type EffectOutcome,
  type LimitsConfig,
  type Tally,
  tooManyInVain,
} from '../../../domain/remediation/limits.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { isOurs } from './breaker.ts';

/** Stands for all actions of an environment. */
export const allActions = '*';

export async function noteOutcomes(
  trx: Kysely<Schema>,
  state: IncidentState,
  added: readonly IncidentEvent[],
  limits: LimitsConfig,
): Promise<void> {
  const touched = new Set<string>();
  for (const event of added) {
    for (const { intentId, outcome } of outcomesOf(state, event)) {
      const action = await note(trx, intentId, outcome);
      if (action !== null) touched.add(action);
    }
  }
  if (touched.size === 0) return;
  for (const action of [...touched, allActions])
    await openWhenDue(trx, state.scope.environment, action, limits);
}

type Found = { readonly intentId: string; readonly outcome: EffectOutcome };

/** A look that cannot tell says nothing; a later one that can counts in place of an earlier. */
function outcomesOf(state: IncidentState, event: IncidentEvent): readonly Found[] {
  switch (event.type) {
    case 'effect-failed':
      return isOurs(event) ? [{ intentId: event.intentId, outcome: 'failed' }] : [];
    case 'effect-applied':
      return event.direction === 'compensation' ? [{ intentId: event.intentId, outcome: 'undone' }] : [];
    case 'verified': {
      const { outcome } = event.result;
      if (outcome === 'unverified') return [];
      const helped = outcome === 'recovered' ? 'helped' : 'did-not-help';
      return state.effects
        .filter(({ attempt, status }) => attempt === event.attempt && status !== 'failed')
        .map(({ intentId }) => ({ intentId, outcome: helped }));
    }
    default:
      return [];
  }
}

/** The action it was; null when no such intent is stored. */
async function note(trx: Kysely<Schema>, intentId: string, outcome: EffectOutcome): Promise<string | null> {
  const intent = await trx
    .selectFrom('intents')
    .select(['environment', 'direction', 'body'])
    .where('id', '=', storable(intentId))
    .executeTakeFirst();
  if (intent === undefined) return null;
  const { action, target } = intent.body;
  const found = { outcome, at_ms: databaseNow };
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

async function openWhenDue(
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
