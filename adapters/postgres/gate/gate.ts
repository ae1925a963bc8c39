// The Gate: the one transaction that every effect passes. It reads everything again from what is stored, and either
// writes the intent with its audit entry, or refuses with a reason and writes that down. Nothing is remembered between
// calls; a call that is repeated after a lost answer finds the intent it wrote.

import type { Kysely } from 'kysely';
import type { Gate, StoredIntent } from '../../../activities/ports.ts';
import type { GateInput } from '../../../activities/types.ts';
import type { PolicyConfig } from '../../../domain/policy/config.ts';
import { evaluate } from '../../../domain/policy/evaluate.ts';
import type { People } from '../../../domain/policy/people.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { Facts } from '../../../domain/remediation/actions/action.ts';
import type { GateResult } from '../../../domain/remediation/intent.ts';
import type { Plan } from '../../../domain/remediation/plan.ts';
import { expectedBefore, expectedByUndo, type Sighting } from '../../../domain/remediation/precondition.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { policyContext } from '../diagnosis-store.ts';
import { readPlan } from '../plan-store.ts';
import type { SilenceBook } from '../silences/book.ts';
import { transact } from '../transact.ts';
import { notTooMuchAtOnce } from './at-once.ts';
import { auditGrant, auditRefusal } from './audit.ts';
import * as checks from './checks.ts';
import { type Effect, effectOf } from './effect.ts';
import { grant, ownLag } from './grant.ts';
import { changeFence, findIntent, lockIntent, writeIntent } from './intents.ts';
import { leasedText, leaseFree, takeLease } from './leases.ts';
import { lockGate, lockTargets } from './locks.ts';
import { acceptIntent, markIntent, permitCall, renewIntent, stoppedByPerson } from './mark.ts';
import { rollbackAsked } from './rollback.ts';
import { asExpected, lastEffect, targetSettled, undoesFinished } from './world.ts';

const forward: readonly checks.Check[] = [
  checks.killSwitch,
  checks.incidentOpen,
  checks.openedHere,
  checks.personsStop,
  checks.silenced,
  checks.unprotected,
  checks.currentPlan,
  grant,
  ownLag,
  checks.stepOrder,
  checks.once,
  leaseFree,
  targetSettled,
  checks.rateLimits,
  notTooMuchAtOnce,
  checks.breaker,
];

/**
 * A compensation restores the state that its granted plan promised to restore, so it needs no grant of its own, and
 * limits and breaker do not hold it: they guard against doing too much, and it takes something back. The kill switch
 * does hold it: a person has said stop, and means everything. So does a silence: whoever works there is not worked against, and
 * what is owed stays owed, for people.
 */
const compensation: readonly checks.Check[] = [
  checks.killSwitch,
  checks.incidentOpen,
  checks.personsStop,
  checks.silenced,
  checks.unprotected,
  undoesFinished,
  leaseFree,
  targetSettled,
  lastEffect,
];

/**
 * What people asked to be undone: their request is looked up, and stands in place of an open incident without a stop, because it comes
 * from somebody who knows of both, and of silences. Nothing else is left out. Limits and breaker do not hold it, as they hold no other undo.
 */
const requested: readonly checks.Check[] = [
  checks.killSwitch,
  rollbackAsked,
  checks.unprotected,
  undoesFinished,
  leaseFree,
  targetSettled,
  lastEffect,
];

/** The intent is there and nothing has been sent: what could have stopped it may stop it now. */
const again: Readonly<Record<GateInput['direction'], readonly checks.Check[]>> = {
  forward: [
    checks.killSwitch,
    checks.incidentOpen,
    checks.personsStop,
    checks.silenced,
    checks.unprotected,
    grant,
    ownLag,
    leaseFree,
    targetSettled,
  ],
  compensation,
};

/** What the gate asks again each time: the configuration as it is now. */
export type GateRules = {
  readonly limits: checks.GateLimits;
  readonly policy: PolicyConfig;
  readonly people: People;
  readonly silences: SilenceBook;
  /** Why nothing may act on what has this key; null when it may. */
  readonly protection: (environment: string, key: string) => string | null;
};

export function createGate(db: Kysely<Schema>, rules: GateRules): Gate {
  const { limits } = rules;
  return {
    pass: (input, sighting, unfinished = null) =>
      transact(db, async (trx) => {
        const result = await pass(trx, input, sighting, unfinished, rules);
        if (!result.granted) await auditRefusal(trx, input, result);
        return result;
      }),
    intent: (intentId) => findIntent(db, intentId),
    mark: (intentId, status, result, send = 1) =>
      transact(db, (trx) => markIntent(trx, { intentId, status, result, send }, rules)),
    accept: (intentId, send, handle) => transact(db, (trx) => acceptIntent(trx, intentId, send, handle)),
    leaseMs: limits.leaseSeconds * 1_000,
    permit: (intentId, send, purpose) =>
      transact(db, (trx) => permitCall(trx, intentId, send, rules, purpose)),
    stopped: (intentId) => stoppedByPerson(db, intentId),
    renew: (intentId) => transact(db, (trx) => renewIntent(trx, intentId, limits)),
  };
}

async function pass(
  trx: Kysely<Schema>,
  input: GateInput,
  sighting: Sighting,
  unfinished: string | null,
  rules: GateRules,
): Promise<GateResult> {
  const { limits, policy, people, protection, silences } = rules;
  const stored = await storedPlan(trx, input);
  if ('reason' in stored) return refused(stored);
  const effect = effectOf(input, stored.plan);
  if (effect === null) {
    return refused({
      reason: 'no-plan',
      detail: `the plan has no ${input.direction} effect for step ${input.step}`,
    });
  }
  await lockGate(trx, effect.content.target.environment);
  await lockTargets(trx, effect.keys);
  const written = await lockIntent(trx, effect.content.id);
  // What has been sent has been decided: the caller hears where it stands, and looks at the world.
  if (written !== null && written.status !== 'written') {
    return { granted: true, intent: written.intent, status: written.status };
  }
  const context = await policyContext(trx, input.incidentId, stored.plan.attempt);
  const question = {
    effect,
    verdict: stored.verdict,
    verdictNow: evaluate(stored.plan, policy, context),
    people,
    protection,
    limits,
    silences,
    sighting,
    nowMs: await databaseNowMs(trx),
  };
  const { direction } = input;
  for (const check of checksOf(input, written !== null)) {
    const refusal = await check(trx, question);
    if (refusal !== null) return refused(refusal);
  }
  if (unfinished !== null && direction === 'forward')
    return refused({ reason: 'step-unfinished', detail: unfinished });
  const expects = written?.intent.expects ?? (await expectation(trx, effect, input, stored.plan));
  const restored = direction === 'compensation' ? expectedBefore(stored.plan, input.step) : null;
  const drift = asExpected(effect, expects, sighting, restored);
  return drift === null ? letThrough(trx, question, written, expects) : refused(drift);
}

function checksOf({ direction, rollback }: GateInput, isAgain: boolean): readonly checks.Check[] {
  if (rollback !== undefined) return requested;
  if (isAgain) return again[direction];
  return direction === 'forward' ? forward : compensation;
}

/** Everything was asked: the target is leased, and the intent stands. */
async function letThrough(
  trx: Kysely<Schema>,
  { effect, verdict, limits, nowMs }: checks.Question,
  written: StoredIntent | null,
  expects: readonly Facts[],
): Promise<GateResult> {
  const { content, keys } = effect;
  const lease = await takeLease(trx, {
    keys,
    incidentId: content.incidentId,
    nowMs,
    leaseMs: limits.leaseSeconds * 1_000,
    fence: written?.intent.fence ?? null,
  });
  if (!lease.held)
    return refused({
      reason: 'target-leased',
      detail: leasedText(effect, lease.key, lease.by),
    });
  const { fence } = lease;
  if (written !== null) {
    if (written.intent.fence !== fence) await changeFence(trx, content.id, fence, nowMs);
    return { granted: true, intent: { ...written.intent, fence }, status: 'written' };
  }
  const intent = { ...content, expects, fence };
  await writeIntent(trx, effect, expects, fence, nowMs);
  await auditGrant(trx, intent, verdict, nowMs);
  return { granted: true, intent, status: 'written' };
}

/** What the effect expects of its target, from the stored plan and from what became of the step it undoes. */
async function expectation(
  trx: Kysely<Schema>,
  { content }: Effect,
  { step, direction }: GateInput,
  plan: Plan,
): Promise<readonly Facts[]> {
  if (direction === 'forward') return [expectedBefore(plan, step)];
  const undone = await findIntent(trx, content.undoes ?? '');
  return expectedByUndo(plan, step, undone?.status === 'applied');
}

async function storedPlan(
  trx: Kysely<Schema>,
  { incidentId, planHash }: GateInput,
): Promise<checks.Refusal | { readonly plan: Plan; readonly verdict: Verdict | null }> {
  const row = await trx
    .selectFrom('plans')
    .select(['canonical', 'verdict'])
    .where('plan_hash', '=', planHash)
    // Against saveVerdict: the verdict that is read here stays until the intent is written.
    .forShare()
    .executeTakeFirst();
  if (row === undefined) return { reason: 'no-plan', detail: 'no plan with this hash is stored' };
  const hashed = readPlan(planHash, row.canonical);
  if (hashed === null) return { reason: 'plan-changed', detail: 'the stored plan does not match its hash' };
  if (hashed.plan.incidentId !== incidentId) {
    return { reason: 'no-plan', detail: 'the plan belongs to another incident' };
  }
  return { plan: hashed.plan, verdict: row.verdict };
}

function refused(refusal: checks.Refusal): Extract<GateResult, { granted: false }> {
  return { granted: false, ...refusal };
}
