// Questions to agents of other machines: each is taken by one session, and what became of it can be told or is said to be lost.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Stores } from '../../../adapters/postgres/index.ts';
import type { AgentHello } from '../../../api/ports/agents.ts';
import type { AgentQuestion } from '../../../domain/agent/line.ts';
import { describePostgresStores, describeStores } from '../../support/stores.ts';
import { passGate, readyToAct, unique } from './fixtures.ts';

const question: AgentQuestion = { executor: 'docker', method: 'observe', input: { environment: 'e' } };
const journalOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const hello = (more: Partial<AgentHello> = {}): AgentHello => ({
  ...{ version: '1.0.0', journal: journalOf(1), executors: [], clockMs: Date.now() },
  ...more,
});
const stays = new AbortController().signal;

async function session({ agentDesk }: Stores, host: string, more: Partial<AgentHello> = {}): Promise<string> {
  const welcome = await agentDesk.hello(host, hello(more));
  if (welcome.kind !== 'welcome') throw new Error(welcome.reason);
  return welcome.session;
}

async function given(stores: Stores, host: string, of: string, holding: readonly string[] = []) {
  const next = await stores.agentDesk.next(host, of, holding, stays);
  if (next.kind !== 'question') throw new Error(`${next.kind} is no question`);
  return next;
}

async function waiting(database: { db: Parameters<ReturnType<typeof sql>['execute']>[0] }, host: string) {
  await expect
    .poll(async () => {
      const { rows } =
        await sql`select 1 from agent_requests where host = ${host} and session is null`.execute(database.db);
      return rows.length;
    })
    .toBe(1);
}

await describeStores('the line to agents', (use) => {
  test('a question is given to the agent, and its answer to whoever asked', async () => {
    const { stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const { id, question: given_, leftMs } = await given(stores, host, of);
    expect(given_).toEqual(question);
    expect(leftMs).toBeGreaterThan(0);
    expect(await stores.agentDesk.answer(host, of, id, { ok: true, value: ['\u0000'] })).toBe(true);
    expect(await asked).toEqual({ kind: 'answered', answer: { ok: true, value: ['\u0000'] } });
    expect(await stores.agentDesk.answer(host, of, id, 'again')).toBe(false);
  });

  test('without an agent nothing is asked, and it is said since when', async () => {
    const { stores, database } = use();
    const host = unique('web');
    const ask = () => stores.agentLine.ask(host, question, { withinMs: 60_000 });
    expect(await ask()).toEqual({
      kind: 'never-taken',
      reason: `the agent of ${host} is not reachable: it has never connected`,
    });
    await session(stores, host);
    await sql`update agents set there_until_ms = 0, seen_at_ms = seen_at_ms - 7200000 where host = ${host}`.execute(
      database.db,
    );
    expect(await ask()).toEqual({
      kind: 'never-taken',
      reason: `the agent of ${host} is not reachable: last seen 2 h ago`,
    });
    expect(await stores.agentLine.seen(host)).toMatchObject({ there: false, version: '1.0.0' });
  });

  test('what nobody took is taken back; what somebody took is lost', async () => {
    const { stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    expect(await stores.agentLine.ask(host, question, { withinMs: 20 })).toMatchObject({
      kind: 'never-taken',
    });
    const hangUp = new AbortController();
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000, signal: hangUp.signal });
    const { id } = await given(stores, host, of);
    hangUp.abort();
    expect(await asked).toMatchObject({ kind: 'lost', reason: expect.stringContaining('has not answered') });
    expect(await stores.agentDesk.answer(host, of, id, 'late')).toBe(false);
    expect(await stores.agentDesk.permit(host, of, id, true)).toEqual({
      kind: 'refused',
      reason: 'nobody waits for it any more',
    });
  });

  test('what was handed out and never came in is handed out again; what the agent holds is not', async () => {
    const { stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const first = await given(stores, host, of);
    const again = await given(stores, host, of);
    expect(again.id).toBe(first.id);
    const other = stores.agentLine.ask(host, { ...question, method: 'read' }, { withinMs: 60_000 });
    const second = await given(stores, host, of, [again.id]);
    expect(second.question.method).toBe('read');
    for (const { id } of [again, second]) await stores.agentDesk.answer(host, of, id, id);
    expect(await Promise.all([asked, other])).toMatchObject([{ answer: again.id }, { answer: second.id }]);
  });

  test('one agent speaks for a machine: another one is refused while it is there, and fences it off afterwards', async () => {
    const { stores, database } = use();
    const host = unique('web');
    const first = await session(stores, host);
    const second = hello({ journal: journalOf(2) });
    expect(await stores.agentDesk.hello(host, second)).toMatchObject({
      kind: 'taken',
      reason: expect.stringContaining(`another agent speaks for ${host} already`),
    });
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const { id } = await given(stores, host, first);
    await sql`update agents set there_until_ms = 0 where host = ${host}`.execute(database.db);
    const of = await session(stores, host, second);
    expect(await asked).toMatchObject({ kind: 'lost', reason: expect.stringContaining('started anew') });
    expect(await stores.agentDesk.next(host, first, [], stays)).toEqual({ kind: 'over' });
    expect(await stores.agentDesk.permit(host, first, id, true)).toMatchObject({ kind: 'refused' });
    expect(await stores.agentDesk.answer(host, first, id, 'late')).toBe(false);
    expect(await stores.agentLine.seen(host)).toMatchObject({ there: true });
    expect(of).not.toBe(first);
  });

  test('the same agent, started anew, takes over at once', async () => {
    const { stores } = use();
    const host = unique('web');
    const first = await session(stores, host);
    const second = await session(stores, host);
    expect(await stores.agentDesk.next(host, first, [], stays)).toEqual({ kind: 'over' });
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const { id } = await given(stores, host, second);
    await stores.agentDesk.answer(host, second, id, 1);
    expect(await asked).toMatchObject({ answer: 1 });
  });

  test('no machine is given, permitted or answered what is of another', async () => {
    const { stores } = use();
    const [host, other] = [unique('web'), unique('web')];
    const [of, ofOther] = [await session(stores, host), await session(stores, other)];
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const { id } = await given(stores, host, of);
    expect(await stores.agentDesk.answer(other, ofOther, id, 'mine')).toBe(false);
    expect(await stores.agentDesk.answer(other, of, id, 'mine')).toBe(false);
    expect(await stores.agentDesk.permit(other, ofOther, id, true)).toMatchObject({ kind: 'refused' });
    expect(await stores.agentDesk.next(other, of, [], stays)).toEqual({ kind: 'over' });
    await stores.agentDesk.answer(host, of, id, 'its own');
    expect(await asked).toMatchObject({ answer: 'its own' });
  });

  test('a connection that breaks off is noticed, and takes no question with it', async () => {
    const { stores, database } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const gone = new AbortController();
    const next = stores.agentDesk.next(host, of, [], gone.signal);
    gone.abort();
    expect(await next).toEqual({ kind: 'none' });
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    await waiting(database, host);
    const { id } = await given(stores, host, of);
    await stores.agentDesk.answer(host, of, id, 1);
    expect(await asked).toMatchObject({ answer: 1 });
  });

  test('an effect is permitted by the gate, and only in time', async () => {
    const { stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const { incidentId, planHash, environment } = await readyToAct(stores);
    const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
    if (!passed.granted) throw new Error(passed.detail);
    const { id: intentId } = passed.intent;
    const { send } = await stores.gate.mark(intentId, 'sent', '');
    if (send === null) throw new Error('it was not let out');
    const asked: Promise<unknown>[] = [];
    const ask = (notAfterMs: number, number = send.number) => {
      const effect = { intentId, send: number, notAfterMs };
      asked.push(stores.agentLine.ask(host, { ...question, method: 'begin' }, { withinMs: 60_000, effect }));
    };
    const permits = async (first = true) => {
      const { id } = await given(stores, host, of);
      const answer = await stores.agentDesk.permit(host, of, id, first);
      await stores.agentDesk.answer(host, of, id, 'over');
      return answer;
    };
    ask(send.notAfterMs + 60_000);
    expect(await permits()).toMatchObject({ kind: 'permitted', leftMs: expect.any(Number) });
    ask(send.notAfterMs - 60_000);
    expect(await permits()).toMatchObject({ kind: 'refused', reason: expect.stringContaining('too late') });
    ask(send.notAfterMs - 60_000);
    expect(await permits(false), 'a later call of it').toMatchObject({ kind: 'permitted' });
    ask(send.notAfterMs + 60_000, send.number + 1);
    expect(await permits()).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('not under way'),
    });
    await stores.killSwitch.set(
      environment,
      true,
      { keyId: 'k', name: 'ann', role: 'admin', person: 'ann' },
      'x',
    );
    ask(send.notAfterMs + 60_000);
    expect(await permits()).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('engaged for'),
    });
    expect(await Promise.all(asked)).toEqual(asked.map(() => ({ kind: 'answered', answer: 'over' })));
  });

  test('a question that is about no effect permits nothing', async () => {
    const { stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const asked = stores.agentLine.ask(host, question, { withinMs: 60_000 });
    const { id } = await given(stores, host, of);
    expect(await stores.agentDesk.permit(host, of, id, true)).toEqual({
      kind: 'refused',
      reason: 'the question is about no effect',
    });
    await stores.agentDesk.answer(host, of, id, 'over');
    expect(await asked).toEqual({ kind: 'answered', answer: 'over' });
  });
});

await describePostgresStores('the line to agents, of several processes', (use) => {
  test('of many that take at once each question goes to one', async () => {
    const { withOptions, stores } = use();
    const host = unique('web');
    const of = await session(stores, host);
    const asked = Array.from({ length: 20 }, (_, number) =>
      stores.agentLine.ask(host, { ...question, input: number }, { withinMs: 60_000 }),
    );
    const taken = new Map<string, number>();
    const takers = Array.from({ length: 5 }, () => withOptions({}).agentDesk);
    while (taken.size < 20) {
      const some = await Promise.all(
        takers.slice(0, 20 - taken.size).map((desk) => desk.next(host, of, [...taken.keys()], stays)),
      );
      for (const one of some)
        if (one.kind === 'question') {
          taken.set(one.id, (taken.get(one.id) ?? 0) + 1);
          await stores.agentDesk.answer(host, of, one.id, one.question.input);
        }
    }
    expect(await Promise.all(asked)).toEqual(
      Array.from({ length: 20 }, (_, number) => ({ kind: 'answered', answer: number })),
    );
  });
});
