// What the gate asks about the target itself: is anybody's earlier effect on it still open, was ours the last one, and is it
// as the plan saw it? Each answer is a refusal or null.

import type { Kysely } from 'kysely';
import { type TargetRef, targetText } from '../../../domain/inventory/target.ts';
import type { Facts } from '../../../domain/remediation/actions/action.ts';
import type { IntentStatus } from '../../../domain/remediation/intent.ts';
import { obstacle } from '../../../domain/remediation/obstacles.ts';
import { changedSince, type Sighting } from '../../../domain/remediation/precondition.ts';
import type { Schema } from '../database/schema.ts';
import type { Check, Refusal } from './checks.ts';
import { type Effect, keyText } from './effect.ts';
import { holding, notUndone } from './intents.ts';

/** What has not ended keeps its target to itself, whatever became of its incident and of its lease. */
export const targetSettled: Check = async (trx, { effect }) => {
  const open = await trx
    .selectFrom('intents')
    .select(['id', 'incident_id', 'status', 'target_key'])
    .where(holding(effect.keys))
    .where('status', 'in', ['sent', 'uncertain'])
    .where('id', 'not in', [effect.content.id, effect.content.undoes ?? ''])
    .where(notUndone)
    .orderBy('fence')
    .executeTakeFirst();
  if (open === undefined) return null;
  const target = keyText(effect, open.target_key);
  const about = `${open.id} of ${open.incident_id}`;
  const detail =
    open.status === 'sent'
      ? `a call to ${target} is still under way (${about})`
      : `nobody knows whether an earlier effect on ${target} happened; a person has to look, and settle it: sentinel effect settle (${about})`;
  return { reason: 'target-unsettled', detail };
};

/**
 * Only what was let out is taken back, and only when it is known what became of it. An outcome that nobody knows may be
 * undone: what is found in the world decides, see `expectedByUndo`.
 */
export const undoesFinished: Check = async (trx, { effect }) => {
  const forward = await trx
    .selectFrom('intents')
    .select(['status', 'sent_at_ms'])
    .where('id', '=', effect.content.undoes ?? '')
    .executeTakeFirst();
  const status: IntentStatus | undefined = forward?.status;
  switch (status) {
    case undefined:
    case 'written':
      return { reason: 'out-of-order', detail: 'the effect to undo was never sent' };
    case 'failed':
      return { reason: 'out-of-order', detail: 'the effect to undo did not happen' };
    case 'sent':
      return { reason: 'target-unsettled', detail: 'the call to undo may still be in progress' };
    case 'applied':
    case 'uncertain':
      return null;
  }
};

/** Whoever has acted on the target since did so on what our effect had left: taking that away would break theirs. */
export const lastEffect: Check = async (trx, { effect }) => {
  const { content, keys } = effect;
  const detail = await actedSince(trx, { undoes: content.undoes ?? '', target: content.target, keys });
  return detail === null ? null : { reason: 'target-changed', detail };
};

/** In words, which later effect stands on what an effect took hold of; null when it is the last one there. */
export async function actedSince(
  trx: Kysely<Schema>,
  about: { readonly undoes: string; readonly target: TargetRef; readonly keys: readonly string[] },
): Promise<string | null> {
  const { undoes, target, keys } = about;
  const forward = await trx.selectFrom('intents').select('fence').where('id', '=', undoes).executeTakeFirst();
  const later = await trx
    .selectFrom('intents')
    .select(['step_key', 'incident_id'])
    .where(holding(keys))
    .where('fence', '>', forward?.fence ?? 0)
    .where('status', 'in', ['sent', 'uncertain', 'applied'])
    .where('direction', '=', 'forward')
    .where(notUndone)
    .orderBy('fence', 'desc')
    .executeTakeFirst();
  if (later === undefined) return null;
  return `${later.incident_id} has changed ${targetText(target)} since (${later.step_key}); undoing would revert that too`;
}

/** Compares what is seen now with what the effect expects; a target that was not seen is never taken for unchanged. */
export function asExpected(
  { content }: Effect,
  expects: readonly Facts[],
  sighting: Sighting,
  /** Of an undo: what it would restore. */
  restored: Facts | null = null,
): Refusal | null {
  const target = targetText(content.target);
  if (sighting.kind !== 'seen')
    return { reason: 'target-unseen', detail: `${target} cannot be seen: ${sighting.reason}` };
  const against = obstacle(content, sighting.state);
  if (against !== null) return against;
  const changed = changedSince(expects, content, sighting.state);
  if (changed === null) return null;
  if (restored !== null && changedSince([restored], content, sighting.state) === null)
    return { reason: 'not-needed', detail: `${target} is already as it was before the step` };
  const since = content.direction === 'forward' ? 'the plan was made' : 'the step to undo was carried out';
  return { reason: 'target-changed', detail: `${target} has changed since ${since}: ${changed}` };
}
