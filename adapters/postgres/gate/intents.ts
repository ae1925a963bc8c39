// Intents as rows: written once by the gate, moved forward by mark, never rewritten (a trigger refuses it, too).

import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoredIntent } from '../../../activities/ports.ts';
import type { Facts } from '../../../domain/remediation/actions/action.ts';
import type { IntentStatus } from '../../../domain/remediation/intent.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { json } from '../text.ts';
import type { Effect } from './effect.ts';

export async function findIntent(db: Kysely<Schema>, intentId: string): Promise<StoredIntent | null> {
  const row = await select(db, intentId).executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** The intent, and nobody else changes it until the transaction ends. */
export async function lockIntent(trx: Kysely<Schema>, intentId: string): Promise<StoredIntent | null> {
  const row = await select(trx, intentId).forUpdate().executeTakeFirst();
  return row === undefined ? null : stored(row);
}

/** An effect whose undo was applied is not in the world any more, whatever was known of it. */
export const notUndone: RawBuilder<boolean> = sql`not exists (
  select from intents as undo
  where undo.incident_id = intents.incident_id and undo.plan_hash = intents.plan_hash and undo.step = intents.step
    and undo.direction = 'compensation' and undo.status = 'applied')`;

/** Its target, or something that it touched, is among these. */
export function holding(keys: readonly string[]): RawBuilder<boolean> {
  const wanted = sql`${[...keys]}::text[]`;
  return sql<boolean>`(intents.target_key = any(${wanted}) or intents.touches && ${wanted})`;
}

export async function writeIntent(
  trx: Kysely<Schema>,
  { content, targetKey, keys, stepKey }: Effect,
  expects: readonly Facts[],
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
      touches: keys.filter((key) => key !== targetKey),
      rollback: content.rollback ?? null,
      step_key: stepKey,
      fence,
      body: json({ ...content, expects }),
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
  status: Exclude<IntentStatus, 'written' | 'sent'>,
  result: string,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('intents')
    .set({
      status,
      result,
      updated_at_ms: nowMs,
      // What was found in the world went out at some time, although the record of that was lost.
      ...(status === 'applied' ? { sent_at_ms: sql<number>`coalesce(sent_at_ms, ${nowMs}::bigint)` } : {}),
    })
    .where('id', '=', intentId)
    .execute();
}

export async function moveToSent(
  trx: Kysely<Schema>,
  intentId: string,
  send: { readonly number: number; readonly notAfterMs: number },
  result: string,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('intents')
    .set({
      status: 'sent',
      result,
      sends: send.number,
      handle: null,
      accepted_at_ms: null,
      not_after_ms: send.notAfterMs,
      sent_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .where('id', '=', intentId)
    .execute();
}

/** The vendor goes on with the latest send. What was recorded first stays: its time counts from then. */
export async function keepHandle(
  trx: Kysely<Schema>,
  intentId: string,
  handle: string,
  nowMs: number,
): Promise<void> {
  await trx
    .updateTable('intents')
    .set({ handle, accepted_at_ms: nowMs, updated_at_ms: nowMs })
    .where('id', '=', intentId)
    .where('handle', 'is', null)
    .execute();
}

function select(db: Kysely<Schema>, intentId: string) {
  return db
    .selectFrom('intents')
    .select(['body', 'fence', 'status', 'sends', 'not_after_ms'])
    .select(['handle', 'accepted_at_ms', databaseNow.as('now_ms')])
    .where('id', '=', intentId);
}

type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;

function stored({ body, fence, status, now_ms: nowMs, ...row }: Row): StoredIntent {
  const { sends, not_after_ms: notAfterMs, handle, accepted_at_ms: acceptedAtMs } = row;
  const send =
    sends === 0 || notAfterMs === null ? null : { number: sends, notAfterMs, leftMs: notAfterMs - nowMs };
  const accepted = handle === null || acceptedAtMs === null ? null : { handle, forMs: nowMs - acceptedAtMs };
  return { intent: { ...body, fence }, status, send, accepted };
}
