// AgentDesk: what the agents of other machines say and are given. Sessions are fenced here: only the latest of a machine is heard,
// and a question belongs to the session that took it.

import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AgentDesk, AgentPermission, NextQuestion, Welcome } from '../../../api/ports/agents.ts';
import { ago } from '../../../domain/agent/line.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { json, storable } from '../text.ts';
import { transact } from '../transact.ts';
import type { Bells } from './line.ts';

/** How long one request of an agent waits for a question. */
export const waitMs = 20_000;
/** It asks again at once; who has not by then is gone. */
const graceMs = 10_000;
/** Of a connection that broke off: time for the next one. */
const reconnectMs = 2_000;

/** What the gate says to a further call of an effect: kill switch, stops, the lease. */
export type PermitCall = (
  intentId: string,
  send: number,
) => Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;

export function createAgentDesk(db: Kysely<Schema>, bells: Bells, permitCall: PermitCall): AgentDesk {
  /** False when another session speaks for the machine by now. */
  async function there(host: string, session: string, forMs: number): Promise<boolean> {
    const kept = await db
      .updateTable('agents')
      .set((eb) => ({ seen_at_ms: databaseNow, there_until_ms: eb(databaseNow, '+', forMs) }))
      .where('host', '=', host)
      .where('session', '=', session)
      .returning('host')
      .executeTakeFirst();
    return kept !== undefined;
  }

  /** The request of each session that waits in this process: an agent that asks again has given up the one before. */
  const turns = new Map<string, symbol>();

  return {
    hello: (host, said) =>
      transact(db, async (trx): Promise<Welcome> => {
        const known = await trx
          .selectFrom('agents')
          .selectAll()
          .where('host', '=', host)
          .forUpdate()
          .executeTakeFirst();
        const nowMs = await databaseNowMs(trx);
        // The same record of effects is locked by its process, so the one before is gone; another one may be alive.
        if (known !== undefined && known.journal !== said.journal && known.there_until_ms > nowMs)
          return {
            kind: 'taken',
            reason: `another agent speaks for ${host} already, seen ${ago(nowMs - known.seen_at_ms)} ago: one machine has one agent, and one key`,
          };
        const session = randomUUID();
        const row = {
          session,
          journal: storable(said.journal),
          version: storable(said.version),
          executors: json(said.executors),
          skew_ms: Math.round(said.clockMs - nowMs),
          connected_at_ms: nowMs,
          seen_at_ms: nowMs,
          there_until_ms: nowMs + graceMs,
        };
        await trx
          .insertInto('agents')
          .values({ host, ...row })
          .onConflict((conflict) => conflict.column('host').doUpdateSet(row))
          .execute();
        // What the session before had taken it will not answer.
        await trx
          .updateTable('agent_requests')
          .set({ ended: 'lost' })
          .where('host', '=', host)
          .where('session', 'is not', null)
          .where('ended', 'is', null)
          .execute();
        return { kind: 'welcome', session, nowMs };
      }),

    async next(host, session, holding, gone): Promise<NextQuestion> {
      const untilMs = performance.now() + waitMs;
      const turn = Symbol(host);
      turns.set(host, turn);
      bells.questions.ring(host);
      if (!(await there(host, session, waitMs + graceMs))) return { kind: 'over' };
      await giveBack(db, host, session, holding);
      for (;;) {
        if (turns.get(host) !== turn) return { kind: 'none' };
        const taken = await take(db, host, session);
        if (taken !== null && !gone.aborted) return taken;
        if (taken !== null) await giveBack(db, host, session, holding);
        const leftMs = untilMs - performance.now();
        if (leftMs <= 0) return { kind: 'none' };
        if (!gone.aborted) await bells.questions.wait(host, leftMs, gone);
        if (gone.aborted) {
          await there(host, session, reconnectMs);
          return { kind: 'none' };
        }
        if (bells.questions.closed()) return { kind: 'none' };
      }
    },

    async permit(host, session, id, first): Promise<AgentPermission> {
      const row = await db
        .selectFrom('agent_requests')
        .innerJoin('agents', (join) =>
          join
            .onRef('agents.host', '=', 'agent_requests.host')
            .onRef('agents.session', '=', 'agent_requests.session'),
        )
        .select(['intent_id', 'send', 'not_after_ms', 'until_ms', databaseNow.as('now_ms')])
        .where('agent_requests.id', '=', id)
        .where('agent_requests.host', '=', host)
        .where('agent_requests.session', '=', session)
        .where('ended', 'is', null)
        .executeTakeFirst();
      if (row === undefined || row.until_ms <= row.now_ms) return refused('nobody waits for it any more');
      const { intent_id: intentId, send, not_after_ms: notAfterMs } = row;
      if (intentId === null || send === null || notAfterMs === null)
        return refused('the question is about no effect');
      if (first && notAfterMs <= row.now_ms)
        return refused(`the call is too late by ${row.now_ms - notAfterMs} ms`);
      const permitted = await permitCall(intentId, send);
      if (!permitted.ok) return refused(permitted.reason);
      // The gate may have kept it waiting.
      const nowMs = await databaseNowMs(db);
      const leftMs = (first ? notAfterMs : row.until_ms) - nowMs;
      return leftMs > 0
        ? { kind: 'permitted', leftMs, nowMs }
        : refused(`the call is too late by ${-leftMs} ms`);
    },

    async answer(host, session, id, answer) {
      const ended = await db
        .updateTable('agent_requests')
        .set({ ended: 'answered', answer: json(answer) })
        .where('id', '=', id)
        .where('host', '=', host)
        .where('session', '=', session)
        .where('ended', 'is', null)
        .returning('id')
        .executeTakeFirst();
      bells.answers.ring(id);
      return ended !== undefined;
    },

    close: () => bells.questions.close(),
  };
}

function refused(reason: string): AgentPermission {
  return { kind: 'refused', reason };
}

/** What was handed out, and never came in: the agent works on other questions, so it may be handed out again. */
async function giveBack(
  db: Kysely<Schema>,
  host: string,
  session: string,
  holding: readonly string[],
): Promise<void> {
  await db
    .updateTable('agent_requests')
    .set({ session: null })
    .where('host', '=', host)
    .where('session', '=', session)
    .where('ended', 'is', null)
    .$if(holding.length > 0, (query) => query.where('id', 'not in', holding))
    .execute();
}

/** The oldest question, for this session alone. */
async function take(db: Kysely<Schema>, host: string, session: string): Promise<NextQuestion | null> {
  const taken = await db
    .updateTable('agent_requests')
    .set({ session })
    .where('id', '=', (eb) =>
      eb
        .selectFrom('agent_requests')
        .select('id')
        .where('host', '=', host)
        .where('session', 'is', null)
        .where('ended', 'is', null)
        .where('until_ms', '>', databaseNow)
        .where((where) =>
          where.exists(
            where
              .selectFrom('agents')
              .select('host')
              .where('agents.host', '=', host)
              .where('agents.session', '=', session),
          ),
        )
        .orderBy('asked_at_ms')
        .orderBy('id')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'body', (eb) => eb(eb.ref('until_ms'), '-', databaseNow).as('left_ms')])
    .executeTakeFirst();
  if (taken === undefined) return null;
  return { kind: 'question', id: taken.id, question: taken.body, leftMs: Number(taken.left_ms) };
}
