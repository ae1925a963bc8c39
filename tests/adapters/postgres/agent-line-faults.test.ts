// Questions to agents over a database that fails at one moment or another: whoever asks hears what can be told, and never an error.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { AgentAnswer } from '../../../activities/ports/agent-line.ts';
import { createBell } from '../../../adapters/postgres/agents/bell.ts';
import { createAgentLine } from '../../../adapters/postgres/agents/line.ts';
import type { Stores } from '../../../adapters/postgres/index.ts';
import { failingDatabase, starved } from '../../support/failing-database.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

const question = { executor: 'docker', method: 'begin', input: {} };
const journal = '00000000-0000-4000-8000-000000000001';
const stays = new AbortController().signal;

/** A line of its own over the same database, whose looks come only when the test rings. */
function failingLine({ database, stores }: StoresUnderTest) {
  const failing = failingDatabase(database.db);
  const silent = () => createBell(async () => [], { firstMs: 600_000, longestMs: 600_000 });
  const bells = { questions: silent(), answers: silent() };
  return { failing, bells, stores, line: createAgentLine(failing.db, bells), host: unique('web') };
}

async function session({ agentDesk }: Stores, host: string): Promise<string> {
  const said = { version: '1.0.0', journal, executors: [], clockMs: Date.now() };
  const welcome = await agentDesk.hello(host, said);
  if (welcome.kind !== 'welcome') throw new Error(welcome.reason);
  return welcome.session;
}

async function taken({ agentDesk }: Stores, host: string, of: string): Promise<string> {
  const next = await agentDesk.next(host, of, [], stays);
  if (next.kind !== 'question') throw new Error(`${next.kind} is no question`);
  return next.id;
}

const open = async ({ db }: StoresUnderTest['database'], host: string): Promise<number> => {
  const { rows } = await sql`select 1 from agent_requests where host = ${host} and ended is null`.execute(db);
  return rows.length;
};

await describeStores('the line to agents, over a database that fails', (use) => {
  test('while the agent works it is waited out, and the answer arrives', async () => {
    const { failing, bells, stores, line, host } = failingLine(use());
    const of = await session(stores, host);
    const asked = line.ask(host, question, { withinMs: 600_000 });
    const id = await taken(stores, host, of);
    failing.fail('before');
    const askedAgain = () => {
      bells.answers.ring(id);
      return failing.failures();
    };
    await expect.poll(askedAgain, { timeout: 60_000 }).toBeGreaterThan(2);
    failing.heal();
    await stores.agentDesk.answer(host, of, id, 'done');
    bells.answers.ring(id);
    expect(await asked).toEqual({ kind: 'answered', answer: 'done' });
    line.close();
  });

  test('an answer that was read is told, also when it cannot be cleared away', async () => {
    const { failing, bells, stores, line, host } = failingLine(use());
    const of = await session(stores, host);
    failing.fail('before', 'DeleteQueryNode');
    const asked = line.ask(host, question, { withinMs: 600_000 });
    const id = await taken(stores, host, of);
    await stores.agentDesk.answer(host, of, id, 'done');
    bells.answers.ring(id);
    expect(await asked).toEqual({ kind: 'answered', answer: 'done' });
    expect(failing.failures()).toBe(1);
    line.close();
  });

  test('when nobody waits any more, what cannot be taken back counts as lost', async () => {
    const { failing, stores, line, host } = failingLine(use());
    const of = await session(stores, host);
    const hangUp = new AbortController();
    const asked = line.ask(host, question, { withinMs: 600_000, signal: hangUp.signal });
    await taken(stores, host, of);
    failing.fail('before');
    hangUp.abort();
    expect(await asked).toEqual({
      kind: 'lost',
      reason: `nobody waits for it any more; whether the agent of ${host} has it could not be asked (${starved})`,
    });
    line.close();
  });

  test('before anything was asked, nothing was', async () => {
    const { failing, stores, line, host } = failingLine(use());
    await session(stores, host);
    failing.fail('before');
    expect(await line.ask(host, question, { withinMs: 600_000 })).toEqual({
      kind: 'never-taken',
      reason: `whether the agent of ${host} is there could not be asked (${starved})`,
    });
  });

  test.each([
    ['never reached it', 'before', 'lost'],
    ['reached it, and the answer was lost', 'after', 'never-taken'],
  ] as const)('a question that %s is no open question any more', async (_what, when, kind) => {
    const { failing, stores, line, host } = failingLine(use());
    const { database } = use();
    await session(stores, host);
    failing.fail(when, 'InsertQueryNode');
    expect(await line.ask(host, question, { withinMs: 600_000 })).toMatchObject({
      kind,
      reason: expect.stringContaining(`the question could not be put down (${starved})`),
    });
    expect(await open(database, host)).toBe(0);
  });

  test('a process that ends leaves nobody waiting, and no question open', async () => {
    const { stores, line, host } = failingLine(use());
    const { database } = use();
    const of = await session(stores, host);
    const asked: Promise<AgentAnswer>[] = [line.ask(host, question, { withinMs: 600_000 })];
    await taken(stores, host, of);
    asked.push(line.ask(host, question, { withinMs: 600_000 }));
    await expect.poll(() => open(database, host)).toBe(2);
    line.close();
    expect(await Promise.all(asked)).toMatchObject([
      { kind: 'lost', reason: expect.stringContaining('this process ends') },
      { kind: 'never-taken', reason: expect.stringContaining('this process ends') },
    ]);
    expect(await open(database, host)).toBe(0);
  });
});
