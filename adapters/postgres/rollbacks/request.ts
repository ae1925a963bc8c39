// An admin asks that an effect is undone. One transaction checks and records; from the person on who makes the quorum full it is carried
// out. Where Sentinel is still at work on the incident, whoever asks has it in hand from then on.

import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { OpenRollback, RollbackResult, Rollbacks } from '../../../api/ports/rollbacks.ts';
import type { PolicyConfig } from '../../../domain/policy/config.ts';
import { actorOf, nameOf } from '../../../domain/policy/identity.ts';
import type { People } from '../../../domain/policy/people.ts';
import { reaches } from '../../../domain/policy/reach.ts';
import { rollbackRole, rollbackTerms } from '../../../domain/policy/rollback-terms.ts';
import { stepKey } from '../../../domain/remediation/plan.ts';
import { roleAtLeast } from '../../../domain/role.ts';
import { appendAudit } from '../audit/append.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { closedIncident } from '../gate/checks.ts';
import { lockIntent } from '../gate/intents.ts';
import { lockKillSwitch } from '../gate/locks.ts';
import { askers } from '../gate/rollback.ts';
import { storeStop } from '../stops.ts';
import { storable } from '../text.ts';
import { addNews, endRequest } from './news.ts';
import { orderOf } from './orders.ts';
import { type Objection, objectionTo, type Subject, subjects } from './subject.ts';

export type RollbackRules = { readonly policy: PolicyConfig; readonly people: People };
type Input = Parameters<Rollbacks['request']>[0];

export async function requestRollback(
  trx: Kysely<Schema>,
  input: Input,
  rules: RollbackRules,
): Promise<RollbackResult> {
  // As for a stop: no gate is under way that has not heard of it.
  await lockKillSwitch(trx);
  const effectId = storable(input.effectId);
  // Two who ask at the same moment come one after the other.
  await lockIntent(trx, effectId);
  const [subject] = await subjects(trx, { effectId });
  if (subject === undefined)
    return {
      recorded: false,
      reason: 'unknown-effect',
      detail: `there is no effect ${effectId} that could be undone`,
    };
  const nowMs = await databaseNowMs(trx);
  const objection = mayNot(input, subject) ?? (await objectionTo(trx, subject));
  if (objection !== null) {
    await audit(trx, input, subject, nowMs, { refused: objection.reason });
    return { recorded: false, ...objection };
  }
  return ask(trx, input, subject, nowMs, rules);
}

function mayNot({ principal }: Input, { intent }: Subject): Objection | null {
  const { environment, service } = intent.target;
  const who = nameOf(actorOf(principal));
  if (!reaches(principal.reach, environment, service))
    return {
      reason: 'out-of-reach',
      detail: `${who} may not roll anything back on ${environment}/${service}: the key does not reach there`,
    };
  if (!roleAtLeast(principal.role, rollbackRole))
    return {
      reason: 'role-too-low',
      detail: `a rollback needs the role ${rollbackRole}; ${who} has ${principal.role}`,
    };
  return null;
}

async function ask(
  trx: Kysely<Schema>,
  input: Input,
  subject: Subject,
  nowMs: number,
  { policy, people }: RollbackRules,
): Promise<RollbackResult> {
  const { principal, reason } = input;
  const { intent, step } = subject;
  if (step === null || step.inverse === null) throw new Error(`${intent.id} has no inverse`);
  const actor = storable(actorOf(principal));
  const { incidentId } = intent;
  const open = await openRequest(trx, subject, nowMs, rollbackTerms(step, step.inverse, policy));
  const { requestId, quorum, expiresAtMs } = open;
  const before = await askers(trx, people, requestId, intent.target);
  const repeated = before.persons.includes(principal.person);
  if (!repeated) {
    const vote = { actor, reason: storable(reason), at_ms: nowMs };
    await trx
      .insertInto('rollback_votes')
      .values({ request_id: requestId, key_id: principal.keyId, ...vote })
      // A key that did not count then, and counts for somebody now.
      .onConflict((conflict) => conflict.columns(['request_id', 'key_id']).doUpdateSet(vote))
      .execute();
  }
  const { count, names: by } = await askers(trx, people, requestId, intent.target);
  const request = { ...open, by };
  const granted = count >= quorum;
  const wasGranted = before.count >= quorum;
  if (!repeated) {
    await audit(trx, input, subject, nowMs, { requestId, given: count, quorum });
    await addNews(trx, incidentId, {
      ...{ type: 'rollback-requested', newsId: `${requestId}/${principal.keyId}`, requestId },
      ...{ intentId: intent.id, stepKey: stepKey(step), actor, reason: storable(reason) },
      ...{ given: by.length, quorum, expiresAtMs },
    });
  }
  const tookOver = granted && !wasGranted && (await takeOver(trx, input, incidentId));
  const order = granted ? await orderOf(trx, requestId) : null;
  return { recorded: true, repeated, incidentId, request, order, tookOver };
}

/** The request that is open, or a new one. What nobody carried out in time is over. */
async function openRequest(
  trx: Kysely<Schema>,
  { intent }: Subject,
  nowMs: number,
  { quorum, holdsMs }: { readonly quorum: number; readonly holdsMs: number },
): Promise<Omit<OpenRollback, 'by'>> {
  const open = await openRow(trx, intent.id);
  // One that was begun says itself what it came to.
  if (open !== undefined && (open.expires_at_ms >= nowMs || open.started_at_ms !== null))
    return { requestId: open.id, quorum: open.quorum, expiresAtMs: open.expires_at_ms };
  if (open !== undefined)
    await endRequest(trx, open.id, {
      outcome: 'expired',
      reason: 'too few people asked in time',
      undoneBy: null,
    });
  const id = `rollback-${randomUUID()}`;
  const expiresAtMs = nowMs + holdsMs;
  await trx
    .insertInto('rollback_requests')
    .values({
      ...{ id, intent_id: intent.id, incident_id: intent.incidentId, quorum },
      ...{ asked_at_ms: nowMs, expires_at_ms: expiresAtMs, started_at_ms: null },
      ...{ ended_at_ms: null, outcome: null, reason: null },
    })
    .execute();
  return { requestId: id, quorum, expiresAtMs };
}

function openRow(db: Kysely<Schema>, intentId: string) {
  return db
    .selectFrom('rollback_requests')
    .select(['id', 'quorum', 'expires_at_ms', 'started_at_ms'])
    .where('intent_id', '=', intentId)
    .where('ended_at_ms', 'is', null)
    .executeTakeFirst();
}

/** The request about an effect that has not ended, with who counts for it now. */
export async function openOf(
  db: Kysely<Schema>,
  people: People,
  { intent }: Subject,
): Promise<OpenRollback | null> {
  const row = await openRow(db, intent.id);
  if (row === undefined) return null;
  const { names } = await askers(db, people, row.id, intent.target);
  return { requestId: row.id, by: names, quorum: row.quorum, expiresAtMs: row.expires_at_ms };
}

/** Whoever takes back what Sentinel did in an incident it works on has that incident in hand. */
async function takeOver(
  trx: Kysely<Schema>,
  { principal, reason }: Input,
  incidentId: string,
): Promise<boolean> {
  if ((await closedIncident(trx, incidentId)) !== null) return false;
  const stop = { incidentId, kind: 'take-over', principal, reason: `rolls back: ${reason}` } as const;
  const stored = await storeStop(trx, stop);
  return stored.recorded && !stored.repeated;
}

async function audit(
  trx: Kysely<Schema>,
  { principal, reason }: Input,
  { intent }: Subject,
  atMs: number,
  more: Readonly<Record<string, string | number>>,
): Promise<void> {
  const { keyId, role } = principal;
  await appendAudit(trx, [
    {
      ...{ actor: actorOf(principal), action: 'effect.roll-back', atMs, reason: storable(reason) },
      ...{ subject: intent.incidentId, planHash: intent.planHash },
      details: { intentId: intent.id, keyId, role, ...more },
    },
  ]);
}
