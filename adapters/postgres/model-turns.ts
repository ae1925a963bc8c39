// ModelTurns: calls to models, reserved before and finished after, and the budgets over all of them.

import { type Kysely, sql } from 'kysely';
import type {
  FinishedTurn,
  ModelBudgetName,
  ModelBudgets,
  ModelSpending,
  ModelTurns,
} from '../../activities/ports.ts';
import type { ModelTurnReader } from '../../api/ports/model-turns.ts';
import { databaseNow, databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256Hex } from './digest.ts';
import { json, storable } from './text.ts';
import { transact } from './transact.ts';

const hourMs = 3_600_000;

/** A turn that died twice is not asked a third time: whatever kills the process may be the turn itself. */
const maxTries = 2;

export function createModelTurns(db: Kysely<Schema>): ModelTurns {
  return {
    async reserve({ incidentId, attempt, turn, provider, model, estimate, ...question }, budgets) {
      const system = storable(question.system);
      const prompt = storable(question.prompt);
      return transact(db, async (trx) => {
        // Reservations pass one after the other, over all processes: two must not both take the last cent.
        await sql`select pg_advisory_xact_lock(hashtextextended('model/budgets', 0))`.execute(trx);
        const known = await trx
          .selectFrom('model_turns')
          .select(['status', 'tries', 'outcome', 'output', 'reason'])
          .where('incident_id', '=', incidentId)
          .where('attempt', '=', attempt)
          .where('turn', '=', turn)
          .executeTakeFirst();
        if (known?.status === 'finished') return { kind: 'finished', turn: finishedTurn(known) };
        if (known !== undefined && known.tries >= maxTries) {
          const lost = {
            outcome: 'lost',
            output: '',
            reason: 'the process ended twice while it was asked',
          } as const;
          await trx
            .updateTable('model_turns')
            .set({ status: 'finished', ...lost, finished_at_ms: databaseNow })
            .where('incident_id', '=', incidentId)
            .where('attempt', '=', attempt)
            .where('turn', '=', turn)
            .execute();
          return { kind: 'finished', turn: lost };
        }
        const budget = await exhausted(trx, incidentId, estimate, budgets, known !== undefined);
        if (budget !== null) return { kind: 'over-budget', budget };
        await trx
          .insertInto('model_turns')
          .values({
            incident_id: incidentId,
            attempt,
            turn,
            status: 'reserved',
            tries: 1,
            provider: storable(provider),
            model: storable(model),
            system,
            prompt,
            prompt_hash: sha256Hex(`${system}\n\n${prompt}`),
            ...estimate,
            reserved_at_ms: databaseNow,
          })
          .onConflict((conflict) =>
            conflict.columns(['incident_id', 'attempt', 'turn']).doUpdateSet({
              tries: sql`model_turns.tries + 1`,
              tokens: sql`model_turns.tokens + excluded.tokens`,
              microdollars: sql`model_turns.microdollars + excluded.microdollars`,
              reserved_at_ms: databaseNow,
            }),
          )
          .execute();
        return { kind: 'reserved', tryNumber: (known?.tries ?? 0) + 1 };
      });
    },

    async finish(
      { incidentId, attempt, turn },
      { outcome, reason, estimate, spent, usage, latencyMs, ...end },
    ) {
      const output = storable(end.output);
      await db
        .updateTable('model_turns')
        .set({
          status: 'finished',
          outcome,
          reason: storable(reason),
          output,
          output_hash: sha256Hex(output),
          dropped: json(end.dropped),
          input_tokens: usage.inputTokens,
          output_tokens: usage.outputTokens,
          latency_ms: Math.round(latencyMs),
          tokens: sql`greatest(0, tokens - ${estimate.tokens}::bigint + ${spent.tokens}::bigint)`,
          microdollars: sql`greatest(0, microdollars - ${estimate.microdollars}::bigint + ${spent.microdollars}::bigint)`,
          finished_at_ms: databaseNow,
        })
        .where('incident_id', '=', incidentId)
        .where('attempt', '=', attempt)
        .where('turn', '=', turn)
        .where('status', '=', 'reserved')
        .execute();
    },
  };
}

/** The first budget that this call would go over, counting every call that was made or is under way; null for none. */
async function exhausted(
  trx: Kysely<Schema>,
  incidentId: string,
  { tokens, microdollars }: ModelSpending,
  budgets: ModelBudgets,
  again: boolean,
): Promise<ModelBudgetName | null> {
  const total = (column: 'tokens' | 'microdollars') =>
    sql<number>`coalesce(sum(${sql.ref(column)}), 0)::bigint`;
  const incident = await trx
    .selectFrom('model_turns')
    .select([
      sql<number>`count(*)::bigint`.as('turns'),
      total('tokens').as('tokens'),
      total('microdollars').as('microdollars'),
    ])
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
  if (!again && incident.turns >= budgets.turnsPerIncident) return 'turns';
  if (incident.tokens + tokens > budgets.tokensPerIncident) return 'tokens';
  if (incident.microdollars + microdollars > budgets.microdollarsPerIncident) return 'money';
  const hour = await trx
    .selectFrom('model_turns')
    .select(total('microdollars').as('microdollars'))
    .where('reserved_at_ms', '>', (await databaseNowMs(trx)) - hourMs)
    .where('microdollars', '>', 0)
    .executeTakeFirstOrThrow();
  return hour.microdollars + microdollars > budgets.microdollarsPerHour ? 'money-per-hour' : null;
}

function finishedTurn(row: {
  outcome: string | null;
  output: string | null;
  reason: string | null;
}): FinishedTurn {
  return {
    outcome: row.outcome as FinishedTurn['outcome'],
    output: row.output ?? '',
    reason: row.reason ?? '',
  };
}

/** The calls of an incident in their order, with every word that was sent and came back. */
export function createModelTurnReader(db: Kysely<Schema>): ModelTurnReader {
  return {
    async turnsOf(incidentId) {
      const rows = await db
        .selectFrom('model_turns')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .orderBy('attempt')
        .orderBy('turn')
        .execute();
      return rows.map((row) => ({
        attempt: row.attempt,
        turn: row.turn,
        tries: row.tries,
        provider: row.provider,
        model: row.model,
        system: row.system,
        prompt: row.prompt,
        promptHash: row.prompt_hash,
        outcome: row.outcome,
        reason: row.reason ?? '',
        output: row.output,
        outputHash: row.output_hash,
        dropped: row.dropped ?? [],
        inputTokens: row.input_tokens,
        outputTokens: row.output_tokens,
        usd: row.microdollars / 1_000_000,
        latencyMs: row.latency_ms,
        askedAtMs: row.reserved_at_ms,
        answeredAtMs: row.finished_at_ms,
      }));
    },
  };
}
