// Intents as rows: written once by the gate, moved forward by mark, never rewritten (a trigger refuses it, too).

import type { Kysely } from 'kysely';
import type { Intent, IntentStatus } from '../../../domain/remediation/intent.ts';
import type { Schema } from '../database/schema.ts';
import { json } from '../text.ts';
import type { Effect } from './effect.ts';

export type StoredIntent = { readonly intent: Intent; readonly status: IntentStatus };

export async function findIntent(db: Kysely<Schema>, intentId: string): Promise<StoredIntent | null> {
  const row = await select(db, intentId).executeTakeFirst();
  return row === undefined ? null : { intent: { ...row.body, fence: row.fence }, status: row.status };
}

/** The intent, and nobody else changes it until the transaction ends. */
export async function lockIntent(trx: Kysely<Schema>, intentId: string): Promise<StoredIntent | null> {
  const row = await select(trx, intentId).forUpdate().executeTakeFirst();
  return row === undefined ? null : { intent: { ...row.body, fence: row.fence }, status: row.status };
}

export async function writeIntent(
  trx: Kysely<Schema>,
  { content, targetKey, stepKey }: Effect,
  fence: number,
  nowMs: number,
): Promise<void> {
  await trx
    .insertInto('intents')
    .values({
      id: content.id,
      incident_id: content.incidentId,
      plan_hash: content.planHash,
      step: content.step,
      direction: content.direction,
      environment: content.target.environment,
      target_key: targetKey,
      step_key: stepKey,
      fence,
      body: json(content),
      status: 'written',
      written_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .execute();
}

/** For an intent of which nothing was sent, and whose lease was lost and taken again. */
export async function changeFence(
  trx: Kysely<Schema>,
  intentId: string,
  fence: number,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('intents')
    .set({ fence, updated_at_ms: nowMs })
    .where('id', '=', intentId)
    .where('status', '=', 'written')
    .execute();
}

export async function moveIntent(
  trx: Kysely<Schema>,
  intentId: string,
  status: IntentStatus,
  result: string,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('intents')
    .set({ status, result, updated_at_ms: nowMs, ...(status === 'sent' ? { sent_at_ms: nowMs } : {}) })
    .where('id', '=', intentId)
    .execute();
}

function select(db: Kysely<Schema>, intentId: string) {
  return db.selectFrom('intents').select(['body', 'fence', 'status']).where('id', '=', intentId);
}
