// What the gate writes down: every grant, every outcome, and every refusal that is not the last one over again.

import type { Kysely } from 'kysely';
import type { GateInput } from '../../../activities/types.ts';
import type { AuditEvent } from '../../../domain/audit/event.ts';
import { targetKey } from '../../../domain/inventory/target.ts';
import { sentinelActor } from '../../../domain/policy/identity.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { Intent, IntentStatus } from '../../../domain/remediation/intent.ts';
import { appendAudit } from '../audit/append.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import type { Refusal } from './checks.ts';

export async function auditGrant(
  trx: Kysely<Schema>,
  intent: Intent,
  verdict: Verdict | null,
  atMs: number,
): Promise<void> {
  const undoing = intent.rollback === undefined ? 'undoes a granted effect' : 'people asked for the undo';
  const grant = intent.direction === 'compensation' ? undoing : (verdict?.kind ?? 'none');
  await appendAudit(trx, [
    {
      actor: sentinelActor,
      action: 'gate.grant',
      atMs,
      reason: grant === 'approval' ? 'approved by people' : grant === 'auto' ? 'policy allows it' : grant,
      subject: intent.incidentId,
      planHash: intent.planHash,
      details: {
        ...about(intent),
        executor: intent.executor,
        fence: intent.fence,
        rule: verdict?.rule ?? null,
        ...(intent.rollback === undefined ? {} : { rollback: intent.rollback }),
      },
    },
  ]);
}

export async function auditOutcome(
  trx: Kysely<Schema>,
  intent: Intent,
  outcome: 'applied' | 'failed' | 'uncertain',
  result: string,
  atMs: number,
): Promise<void> {
  await appendAudit(trx, [
    {
      actor: sentinelActor,
      action: `effect.${outcome}`,
      atMs,
      reason: result,
      subject: intent.incidentId,
      planHash: intent.planHash,
      details: about(intent),
    },
  ]);
}

/** An answer that came when the outcome stood already: it changes nothing, and whoever settles the effect wants to know it. */
export async function auditLateAnswer(
  trx: Kysely<Schema>,
  intent: Intent,
  answer: IntentStatus,
  send: number,
  result: string,
  atMs: number,
): Promise<void> {
  await appendAudit(trx, [
    {
      actor: sentinelActor,
      action: 'effect.answered-late',
      atMs,
      reason: result,
      subject: intent.incidentId,
      planHash: intent.planHash,
      details: { ...about(intent), answer, send },
    },
  ]);
}

/** A workflow that waits for a lease or a switch asks again and again; the trail has one entry until something changes. */
export async function auditRefusal(trx: Kysely<Schema>, input: GateInput, refusal: Refusal): Promise<void> {
  const { incidentId, planHash, step, direction } = input;
  const details = { refusal: refusal.reason, step, direction };
  const last = await trx
    .selectFrom('audit')
    .select(['canonical', 'plan_hash'])
    .where('subject', '=', incidentId)
    .where('action', 'in', ['gate.refuse', 'gate.grant'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last !== undefined && last.plan_hash === planHash) {
    const told = (JSON.parse(Buffer.from(last.canonical).toString('utf8')) as AuditEvent).details;
    if (told.refusal === details.refusal && told.step === step && told.direction === direction) return;
  }
  await appendAudit(trx, [
    {
      actor: sentinelActor,
      action: 'gate.refuse',
      atMs: await databaseNowMs(trx),
      reason: refusal.detail,
      subject: incidentId,
      planHash,
      details,
    },
  ]);
}

function about(intent: Intent) {
  const { id, step, direction, action, target } = intent;
  return { intentId: id, step, direction, action, target: targetKey(target) };
}
