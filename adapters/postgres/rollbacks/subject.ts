// The effect that a rollback is about: what undoing it means, and what speaks against it by the record. Whether the target is still as
// the effect left it, the gate sees when it looks.

import { type Kysely, sql } from 'kysely';
import type { RollbackRefusal } from '../../../api/ports/rollbacks.ts';
import { targetText } from '../../../domain/inventory/target.ts';
import { undoOf } from '../../../domain/remediation/change.ts';
import { type Intent, type IntentStatus, leasedKeys } from '../../../domain/remediation/intent.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import type { Schema } from '../database/schema.ts';
import { notUndone } from '../gate/intents.ts';
import { actedSince } from '../gate/world.ts';
import { readPlan } from '../plan-store.ts';

export type Subject = {
  readonly intent: Pick<Intent, 'id' | 'incidentId' | 'planHash' | 'step' | 'action' | 'target' | 'touches'>;
  readonly status: IntentStatus;
  readonly isUndone: boolean;
  readonly sinceMs: number;
  /** Null when the stored plan cannot be read back. */
  readonly step: PlanStep | null;
};

export type Objection = { readonly reason: RollbackRefusal; readonly detail: string };

/** Forward effects, in the order in which they passed the gate. */
export async function subjects(
  db: Kysely<Schema>,
  which: { readonly incidentId: string } | { readonly effectId: string },
): Promise<readonly Subject[]> {
  let query = db
    .selectFrom('intents')
    .innerJoin('plans', 'plans.plan_hash', 'intents.plan_hash')
    .select(['intents.body', 'intents.status', 'intents.plan_hash', 'plans.canonical'])
    .select(['intents.sent_at_ms', 'intents.written_at_ms', sql<boolean>`not ${notUndone}`.as('undone')])
    .where('intents.direction', '=', 'forward')
    .orderBy('intents.written_at_ms')
    .orderBy('intents.step');
  query =
    'effectId' in which
      ? query.where('intents.id', '=', which.effectId)
      : query.where('intents.incident_id', '=', which.incidentId);
  const rows = await query.execute();
  return rows.map(({ body, status, plan_hash: planHash, canonical, undone, ...at }) => ({
    intent: body,
    status,
    isUndone: undone,
    sinceMs: at.sent_at_ms ?? at.written_at_ms,
    step: readPlan(planHash, canonical)?.plan.steps[body.step] ?? null,
  }));
}

/** What undoing it does, in words; null where there is no way back. */
export function undoText({ step }: Subject): string | null {
  return step === null || step.inverse === null ? null : undoOf(step).text;
}

/** Why it cannot be rolled back; null when nothing in the record is against it. */
export async function objectionTo(trx: Kysely<Schema>, subject: Subject): Promise<Objection | null> {
  const { intent, status, isUndone, step } = subject;
  const target = targetText(intent.target);
  const what = `${intent.action} on ${target}`;
  if (isUndone) return { reason: 'not-standing', detail: `${what} has been undone already` };
  switch (status) {
    case 'written':
    case 'failed':
      return { reason: 'not-standing', detail: `${what} did not happen: there is nothing to roll back` };
    case 'sent':
      return {
        reason: 'under-way',
        detail: `${what} is still under way; its outcome has to be known first (abort the incident to stop it)`,
      };
    case 'applied':
    case 'uncertain':
      break;
  }
  if (step === null || step.inverse === null)
    return {
      reason: 'no-inverse',
      detail: `${what}: ${step === null ? 'its plan cannot be read' : undoOf(step).text}`,
    };
  const since = await actedSince(trx, { undoes: intent.id, target: intent.target, keys: leasedKeys(intent) });
  return since === null ? null : { reason: 'not-last', detail: since };
}
