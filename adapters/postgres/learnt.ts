// What detection has learnt, and how services stand to their objectives: ingest keeps it, whoever shows budgets reads them.

import { type Kysely, sql } from 'kysely';
import type { Budgets } from '../../api/ports/budgets.ts';
import type { LearntStore } from '../../ingest/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { inParts } from './parts.ts';
import { json, storable } from './text.ts';

/** About two kilobytes each. */
const mostRecalled = 20_000;
const mostBudgets = 2_000;
const columns = ['environment', 'service', 'key', 'until_ms', 'state'] as const;

export function createLearnt(db: Kysely<Schema>): LearntStore & Budgets {
  const newest = () =>
    db.selectFrom('learnt_states').select(columns).orderBy('until_ms', 'desc').limit(mostRecalled);
  type Row = Awaited<ReturnType<ReturnType<typeof newest>['execute']>>[number];
  const learntOf = ({ until_ms, ...row }: Row) => ({ ...row, untilMs: Number(until_ms) });

  return {
    async keep(learnt, budgets) {
      for (const some of inParts(learnt)) {
        await db
          .insertInto('learnt_states')
          .values(
            some.map(({ environment, service, key, untilMs, state }) => ({
              environment: storable(environment),
              service: storable(service),
              key: storable(key),
              until_ms: Math.round(untilMs),
              state,
              kept_at_ms: databaseNow,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['environment', 'service', 'key'])
              .doUpdateSet({
                until_ms: sql`excluded.until_ms`,
                state: sql`excluded.state`,
                kept_at_ms: sql`excluded.kept_at_ms`,
              })
              .where('learnt_states.until_ms', '<=', sql<number>`excluded.until_ms`),
          )
          .execute();
      }
      for (const some of inParts(budgets)) {
        await db
          .insertInto('error_budgets')
          .values(
            some.map((budget) => ({
              environment: storable(budget.environment),
              service: storable(budget.service),
              kind: budget.kind,
              budget: json(budget),
              at_ms: Math.round(budget.atMs),
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(['environment', 'service', 'kind'])
              .doUpdateSet({ budget: sql`excluded.budget`, at_ms: sql`excluded.at_ms` })
              .where('error_budgets.at_ms', '<=', sql<number>`excluded.at_ms`),
          )
          .execute();
      }
    },

    async recall(environment, services) {
      if (services.length === 0) return [];
      const rows = await newest()
        .where('environment', '=', storable(environment))
        .where('service', 'in', services.map(storable))
        .execute();
      return rows.map(learntOf);
    },

    recallAll: async () => (await newest().execute()).map(learntOf),

    async budgets(environment, service) {
      const rows = await db
        .selectFrom('error_budgets')
        .select('budget')
        .where('environment', '=', storable(environment))
        .where('service', '=', storable(service))
        .orderBy('kind')
        .limit(mostBudgets)
        .execute();
      return rows.map(({ budget }) => budget);
    },
  };
}
