// DiagnosisStore: the diagnosis of each analysis, as the analysis stored it. What lowers autonomy sticks: whatever is stored
// later for the same analysis, evidence that was missing stays missing, and what was contested stays contested.

import type { Kysely } from 'kysely';
import type { DiagnosisStore } from '../../activities/ports.ts';
import type { PolicyContext } from '../../domain/policy/evaluate.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
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
  return { missing: [...row.missing, ...unknown], contested: row.contested };
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
