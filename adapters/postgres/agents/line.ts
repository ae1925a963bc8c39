// AgentLine: questions to the agents of other machines. The database lies between whoever asks and the API process that an agent
// is connected to, so any process can ask, and what is asked belongs to one agent at a time.

import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AgentAnswer, AgentLine } from '../../../activities/ports/agent-line.ts';
import { type AgentSeen, whyAway } from '../../../domain/agent/line.ts';
import { errorMessage } from '../../../domain/error-message.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { json, storable } from '../text.ts';
import { type Bell, createBell, type Pace } from './bell.ts';

/**
 * Of processes that do not share a bell. An idle API process with agents asks the database twice a second, for all of them
 * together, whether there is a question; whoever waits for an answer asks for as long as it waits.
 */
const [questionsPace, answersPace]: readonly [Pace, Pace] = [
  { firstMs: 100, longestMs: 500 },
  { firstMs: 50, longestMs: 500 },
];
/** Whether the agent that has a question is still there. */
const lookAfterItMs = 5_000;

export type Bells = {
  /** By machine: there is a question for it. */
  readonly questions: Bell;
  /** By question: it has ended. */
  readonly answers: Bell;
};

export function createBells(db: Kysely<Schema>): Bells {
  const questions = createBell(async (hosts) => {
    const rows = await db
      .selectFrom('agent_requests')
      .select('host')
      .distinct()
      .where('host', 'in', hosts)
      .where('session', 'is', null)
      .where('ended', 'is', null)
      .where('until_ms', '>', databaseNow)
      .execute();
    return rows.map(({ host }) => host);
  }, questionsPace);
  const answers = createBell(async (ids) => {
    const rows = await db
      .selectFrom('agent_requests')
      .select('id')
      .where('id', 'in', ids)
      .where('ended', 'is not', null)
      .execute();
    return rows.map(({ id }) => id);
  }, answersPace);
  return { questions, answers };
}

/** As a process has it: `close` answers everybody who waits, before the database is gone. */
export type ProcessAgentLine = AgentLine & { close(): void };

export function createAgentLine(db: Kysely<Schema>, bells: Bells): ProcessAgentLine {
  /** Takes the question back. Where that cannot be done, somebody may have it. */
  async function end(id: string, host: string, why: string): Promise<AgentAnswer> {
    try {
      const withdrawn = await db
        .updateTable('agent_requests')
        .set({ ended: 'withdrawn' })
        .where('id', '=', id)
        .where('ended', 'is', null)
        .returning('session')
        .executeTakeFirst();
      if (withdrawn === undefined) {
        const came = await outcome(db, id, host);
        return came?.kind === 'answered' ? came : lost(`${why}; ${came?.reason ?? 'its question is gone'}`);
      }
      await forget(db, id);
      return withdrawn.session === null
        ? neverTaken(`${why}; the agent of ${host} did not take the question`)
        : lost(`${why}; the agent of ${host} has it, and has not answered`);
    } catch (error) {
      return lost(`${why}; whether the agent of ${host} has it could not be asked (${errorMessage(error)})`);
    }
  }

  /** The database may be away for a while: what is asked is with the agent, and so the wait goes on until its own time is over. */
  async function wait(id: string, host: string, untilMs: number, signal?: AbortSignal): Promise<AgentAnswer> {
    const startedMs = performance.now();
    for (;;) {
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0)
        return end(id, host, `no answer within ${Math.round((untilMs - startedMs) / 1_000)} s`);
      await bells.answers.wait(id, Math.min(leftMs, lookAfterItMs), signal);
      try {
        const came = await outcome(db, id, host);
        if (came !== null) return came;
        const gone = whyAway(host, await agentSeen(db, host));
        if (gone !== null) return end(id, host, gone);
      } catch {
        // asked again; when it is over and still away, `end` says so
      }
      if (signal?.aborted) return end(id, host, 'nobody waits for it any more');
      if (bells.answers.closed()) return end(id, host, 'this process ends');
    }
  }

  return {
    seen: (host) => agentSeen(db, host),

    async ask(host, question, { withinMs, signal, effect }) {
      const untilMs = performance.now() + withinMs;
      try {
        const away = whyAway(host, await agentSeen(db, host));
        if (away !== null) return neverTaken(away);
      } catch (error) {
        return neverTaken(
          `whether the agent of ${host} is there could not be asked (${errorMessage(error)})`,
        );
      }
      if (signal?.aborted) return neverTaken('nobody waits for it any more');
      const id = randomUUID();
      try {
        await db
          .insertInto('agent_requests')
          .values((eb) => ({
            id,
            host,
            body: json(question),
            intent_id: effect === undefined ? null : storable(effect.intentId),
            send: effect?.send ?? null,
            not_after_ms: effect?.notAfterMs ?? null,
            asked_at_ms: databaseNow,
            until_ms: eb(databaseNow, '+', Math.ceil(withinMs)),
            session: null,
            ended: null,
            answer: null,
          }))
          .execute();
      } catch (error) {
        // It may be there all the same: only the answer of the database may be what was lost.
        return end(id, host, `the question could not be put down (${errorMessage(error)})`);
      }
      bells.questions.ring(host);
      return wait(id, host, untilMs, signal);
    },

    close: () => bells.answers.close(),
  };
}

async function outcome(db: Kysely<Schema>, id: string, host: string): Promise<AgentAnswer | null> {
  const row = await db
    .selectFrom('agent_requests')
    .select(['ended', 'answer'])
    .where('id', '=', id)
    .executeTakeFirst();
  // Nothing is logged of them: a database that crashed has forgotten it.
  if (row === undefined) return lost(`the question to the agent of ${host} was lost with the database`);
  if (row.ended === null) return null;
  await forget(db, id);
  if (row.ended === 'answered') return { kind: 'answered', answer: row.answer };
  return lost(`the agent of ${host} was started anew before it had answered`);
}

/** One that stays is nobody's any more, and goes with the others that are old. */
async function forget(db: Kysely<Schema>, id: string): Promise<void> {
  await db
    .deleteFrom('agent_requests')
    .where('id', '=', id)
    .execute()
    .catch(() => {});
}

function neverTaken(reason: string): AgentAnswer {
  return { kind: 'never-taken', reason };
}

function lost(reason: string): AgentAnswer {
  return { kind: 'lost', reason };
}

export async function agentSeen(db: Kysely<Schema>, host: string): Promise<AgentSeen | null> {
  const row = await db
    .selectFrom('agents')
    .selectAll()
    .select(databaseNow.as('now_ms'))
    .where('host', '=', host)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    host,
    version: row.version,
    executors: row.executors,
    skewMs: row.skew_ms,
    seenMsAgo: Math.max(0, row.now_ms - row.seen_at_ms),
    there: row.there_until_ms > row.now_ms,
  };
}
