// DiagnosisStore: the diagnosis of each analysis, as the analysis stored it. What lowers autonomy sticks: whatever is stored
// later for the same analysis, evidence that was missing stays missing, and what was contested stays contested.

import { type Kysely, sql } from 'kysely';
import type { DiagnosisStore } from '../../activities/ports.ts';
import { shortIncidentId } from '../../domain/incident/incident-id.ts';
import type { PolicyContext } from '../../domain/policy/evaluate.ts';
import { stepKey } from '../../domain/remediation/plan.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { readPlan } from './plan-store.ts';
import { json } from './text.ts';
import { transact } from './transact.ts';

export function createDiagnosisStore(db: Kysely<Schema>): DiagnosisStore {
  return {
    async save(incidentId, attempt, diagnosis) {
      await transact(db, async (trx) => {
        const row = {
          body: json(diagnosis),
          missing: json(diagnosis.missing),
          contested: diagnosis.contested === true,
          saved_at_ms: await databaseNowMs(trx),
          ...(diagnosis.method === 'statistical' ? { statistical: json(diagnosis) } : {}),
        };
        await trx
          .insertInto('diagnoses')
          .values({ incident_id: incidentId, attempt, ...row })
          .onConflict((conflict) => conflict.columns(['incident_id', 'attempt']).doNothing())
          .execute();
        const known = await trx
          .selectFrom('diagnoses')
          .select(['missing', 'contested'])
          .where('incident_id', '=', incidentId)
          .where('attempt', '=', attempt)
          .forUpdate()
          .executeTakeFirstOrThrow();
        await trx
          .updateTable('diagnoses')
          .set({
            ...row,
            missing: json([...new Set([...known.missing, ...diagnosis.missing])]),
            contested: known.contested || row.contested,
          })
          .where('incident_id', '=', incidentId)
          .where('attempt', '=', attempt)
          .execute();
      });
    },

    async of(incidentId, attempt) {
      const row = await stored(db, incidentId, attempt);
      return row?.body ?? null;
    },

    async statistical(incidentId, attempt) {
      const row = await stored(db, incidentId, attempt);
      return row?.statistical ?? null;
    },

    context: (incidentId, attempt) => policyContext(db, incidentId, attempt),
  };
}

/**
 * What policy is told of an analysis. An analysis that stored nothing is missing itself; so is who sent a signal of the
 * incident that came without a key from elsewhere: nothing runs on a stranger's word alone.
 */
export async function policyContext(
  db: Kysely<Schema>,
  incidentId: string,
  attempt: number,
): Promise<PolicyContext> {
  const row = await stored(db, incidentId, attempt);
  if (row === undefined) return { missing: ['a diagnosis of this plan'], contested: false };
  const strangers = await unvouchedSignals(db, incidentId);
  const unknown =
    strangers === 0 ? [] : [`who sent ${strangers} of its signals (they came without an API key)`];
  const missing = [...row.missing, ...unknown, ...(await notLasting(db, incidentId, attempt))];
  return { missing, contested: row.contested };
}

/** Steps of the plan that an incident before this one took, and the symptom came back: nobody knows that they will last now. */
async function notLasting(
  db: Kysely<Schema>,
  incidentId: string,
  attempt: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ incident_id: string; step_key: string }>`
    with recursive earlier as (
      select follows as id from episodes where incident_id = ${incidentId} and follows is not null
      union
      select episodes.follows from episodes join earlier on episodes.incident_id = earlier.id
      where episodes.follows is not null)
    select distinct on (step_key) incident_id, step_key from intents join earlier on incident_id = earlier.id
    where direction = 'forward' and status = 'applied' and not exists (
      select from intents as undo
      where undo.incident_id = intents.incident_id and undo.plan_hash = intents.plan_hash
        and undo.step = intents.step and undo.direction = 'compensation' and undo.status = 'applied')
    order by step_key, written_at_ms desc`.execute(db);
  if (rows.length === 0) return [];
  const plans = await db
    .selectFrom('plans')
    .select(['plan_hash', 'canonical'])
    .where('incident_id', '=', incidentId)
    .where('attempt', '=', attempt)
    .execute();
  const planned = new Set(
    plans.flatMap((row) => readPlan(row.plan_hash, row.canonical)?.plan.steps.map(stepKey) ?? []),
  );
  return rows
    .filter(({ step_key }) => planned.has(step_key))
    .map(
      (row) =>
        `whether ${row.step_key} lasts (it was done in ${shortIncidentId(row.incident_id)}, and the symptom came back)`,
    );
}

async function unvouchedSignals(db: Kysely<Schema>, incidentId: string): Promise<number> {
  const { count } = await db
    .selectFrom('anomaly_assignments')
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('incident_id', '=', incidentId)
    .where('unvouched', '=', true)
    .executeTakeFirstOrThrow();
  return Number(count);
}

function stored(db: Kysely<Schema>, incidentId: string, attempt: number) {
  return db
    .selectFrom('diagnoses')
    .select(['body', 'statistical', 'missing', 'contested'])
    .where('incident_id', '=', incidentId)
    .where('attempt', '=', attempt)
    .executeTakeFirst();
}
