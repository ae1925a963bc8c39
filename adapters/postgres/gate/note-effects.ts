// What newly recorded events say of effects, noted in the transaction that records them and in one pass: how many in a row were
// in vain (breaker.ts), and what became of each (outcomes.ts).

import type { Kysely } from 'kysely';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { EffectOutcome, LimitsConfig } from '../../../domain/remediation/limits.ts';
import type { Schema } from '../database/schema.ts';
import { countFailure, endFailures, uncountFailure } from './breaker.ts';
import { allActions, noteOutcome, openWhenDue, withdrawFailure } from './outcomes.ts';

type Said = {
  /** For the effects in a row that were in vain. `in-vain-again`: counts unless an earlier event of the attempt has counted. */
  readonly row: 'helped' | 'in-vain' | 'in-vain-again' | null;
  /** `none`: it happened, so it has not failed, and whether it helped nobody has seen. */
  readonly outcomes: readonly { readonly intentId: string; readonly outcome: EffectOutcome | 'none' }[];
};

const nothing: Said = { row: null, outcomes: [] };

export async function noteEffects(
  trx: Kysely<Schema>,
  state: IncidentState,
  added: readonly IncidentEvent[],
  limits: LimitsConfig,
): Promise<void> {
  const { environment } = state.scope;
  const touched = new Set<string>();
  for (const event of added) {
    const { row, outcomes } = saidBy(event, state);
    if (row === 'helped') await endFailures(trx, environment);
    const counts =
      row === 'in-vain' || (row === 'in-vain-again' && (await isFirst(trx, state.incidentId, event)));
    const rowId = counts ? await countFailure(trx, environment) : null;
    for (const { intentId, outcome } of outcomes) {
      if (outcome === 'none') {
        const countedIn = await withdrawFailure(trx, intentId);
        if (countedIn !== null) await uncountFailure(trx, environment, countedIn);
        continue;
      }
      // An attempt that was in vain stays so, whatever is found out about one of its effects.
      const action = await noteOutcome(trx, intentId, outcome, row === 'in-vain' ? rowId : null);
      if (action !== null) touched.add(action);
    }
  }
  if (touched.size === 0) return;
  for (const action of [...touched, allActions]) await openWhenDue(trx, environment, action, limits);
}

/** A look that cannot tell says nothing; a later one that can counts in place of an earlier. */
function saidBy(event: IncidentEvent, { effects }: IncidentState): Said {
  switch (event.type) {
    case 'effect-failed': {
      // What was never sent, what a person has cancelled, and what somebody else has replaced, says nothing of our effects.
      if (event.neverSent === true || event.superseded === true || event.cancelled === true) return nothing;
      const outcomes = [{ intentId: event.intentId, outcome: 'failed' as const }];
      return { row: event.direction === 'forward' ? 'in-vain' : null, outcomes };
    }
    case 'effect-applied':
      return event.direction === 'compensation'
        ? { row: null, outcomes: [{ intentId: event.intentId, outcome: 'undone' }] }
        : nothing;
    case 'effect-settled': {
      // It counted as failed while nobody could tell.
      const happened = event.direction === 'compensation' ? 'undone' : 'none';
      return {
        row: null,
        outcomes: [{ intentId: event.intentId, outcome: event.happened ? happened : 'failed' }],
      };
    }
    case 'rollback-ended':
      return event.outcome === 'undone' && event.undoneBy !== undefined
        ? { row: null, outcomes: [{ intentId: event.undoneBy, outcome: 'undone' }] }
        : nothing;
    case 'verified': {
      const { outcome } = event.result;
      const verified = effects.filter(({ attempt }) => attempt === event.attempt);
      if (outcome === 'unverified' || verified.length === 0) return nothing;
      const helped = outcome === 'recovered';
      return {
        row: helped ? 'helped' : 'in-vain-again',
        outcomes: verified
          .filter(({ status }) => status !== 'failed')
          .map(({ intentId }) => ({ intentId, outcome: helped ? 'helped' : 'did-not-help' })),
      };
    }
    default:
      return nothing;
  }
}

/** An attempt is verified again and again, and was in vain once. */
async function isFirst(trx: Kysely<Schema>, incidentId: string, event: IncidentEvent): Promise<boolean> {
  if (event.type !== 'verified') return true;
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
