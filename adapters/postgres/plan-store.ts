// PlanStore: plans as the exact bytes that were hashed, and what policy said of them.

import type { Kysely } from 'kysely';
import type { PlanStore } from '../../activities/ports.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { HashedPlan, Plan } from '../../domain/remediation/plan.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256Hex } from './digest.ts';
import { json } from './text.ts';
import { transact } from './transact.ts';

/** The hash is not the hash of the bytes, or the bytes are not the canonical form of the plan. */
export class PlanHashMismatch extends Error {
  override readonly name = 'PlanHashMismatch';
}

/** The verdict of a plan that people were asked about, or that was acted on, is not replaced by another. */
export class VerdictSettled extends Error {
  override readonly name = 'VerdictSettled';
}

export function createPlanStore(db: Kysely<Schema>): PlanStore {
  return {
    async savePlan(hashedPlan, canonical) {
      const { plan, planHash } = hashedPlan;
      if (sha256Hex(canonical) !== planHash || canonicalJson(plan) !== canonical) {
        throw new PlanHashMismatch(
          `plan ${planHash} of ${plan.incidentId} does not have the bytes it was hashed from`,
        );
      }
      await db
        .insertInto('plans')
        .values({
          plan_hash: planHash,
          incident_id: plan.incidentId,
          attempt: plan.attempt,
          canonical: Buffer.from(canonical, 'utf8'),
          saved_at_ms: databaseNow,
        })
        .onConflict((conflict) => conflict.column('plan_hash').doNothing())
        .execute();
    },

    async plan(planHash) {
      const row = await db
        .selectFrom('plans')
        .select('canonical')
        .where('plan_hash', '=', planHash)
        .executeTakeFirst();
      if (row === undefined) return null;
      const hashedPlan = readPlan(planHash, row.canonical);
      if (hashedPlan === null) {
        throw new PlanHashMismatch(
          `the stored bytes of plan ${planHash} have changed since they were hashed`,
        );
      }
      return hashedPlan;
    },

    async saveVerdict(planHash, verdict) {
      await transact(db, async (trx) => {
        const plan = await trx
          .selectFrom('plans')
          .select('verdict')
          .where('plan_hash', '=', planHash)
          .forUpdate()
          .executeTakeFirst();
        if (plan === undefined) throw new PlanHashMismatch(`there is no plan ${planHash} to judge`);
        const same = plan.verdict !== null && canonicalJson(plan.verdict) === canonicalJson(verdict);
        if (same) return;
        if (plan.verdict !== null && (await isInUse(trx, planHash))) {
          throw new VerdictSettled(`plan ${planHash} is in use under the verdict ${plan.verdict.kind}`);
        }
        await trx
          .updateTable('plans')
          .set({ verdict: json(verdict) })
          .where('plan_hash', '=', planHash)
          .execute();
      });
    },
  };
}

/** The plan that these bytes are, or null when they are not the ones that were hashed. */
export function readPlan(planHash: string, canonical: Uint8Array): HashedPlan | null {
  if (sha256Hex(canonical) !== planHash) return null;
  return { plan: JSON.parse(Buffer.from(canonical).toString('utf8')) as Plan, planHash };
}

async function isInUse(trx: Kysely<Schema>, planHash: string): Promise<boolean> {
  const request = await trx
    .selectFrom('approval_requests')
    .select('plan_hash')
    .where('plan_hash', '=', planHash)
    .executeTakeFirst();
  const intent = await trx
    .selectFrom('intents')
    .select('plan_hash')
    .where('plan_hash', '=', planHash)
    .executeTakeFirst();
  return request !== undefined || intent !== undefined;
}
