/** The life of an agent against a server that says what no server of ours would: one bad question ends nothing else. */
import { expect, test } from 'vitest';
import type { AgentClient } from '../../../adapters/agent/side/client.ts';
import { runAgent } from '../../../adapters/agent/side/run.ts';
import type { Service } from '../../../adapters/agent/side/service.ts';
import type { Logger } from '../../../api/ports/logger.ts';
import { silent } from '../../support/fakes.ts';

const log: Logger = { ...silent, child: () => log };
const session = '00000000-0000-4000-8000-000000000001';
const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** Hands out these questions, one after the other, and stops the agent when all that can be have been answered. */
async function answersTo(questions: readonly object[], service: Service, expected: number) {
  const stopping = new AbortController();
  const answers: { id: string; answer: unknown }[] = [];
  let given = 0;
  const client: AgentClient = {
    async post(path, body, { signal }) {
      const reply = (said: object) => ({ status: 200, body: said, sentAtMs: null });
      if (path.endsWith('/hello')) return reply({ kind: 'welcome', session, nowMs: Date.now() });
      if (path.endsWith('/answer')) {
        answers.push(JSON.parse(body));
        if (answers.length === expected) stopping.abort();
        return reply({ heard: true });
      }
      const question = { kind: 'question', id: idOf(given), leftMs: 60_000, ...questions[given] };
      given += 1;
      if (given <= questions.length) return reply(question);
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    close() {},
  };
  const about = { version: '1.0.0', journal: session, executors: [] };
  await runAgent({
    ...{ host: 'web1', client, service, about, nowMs: Date.now, log },
    stopping: stopping.signal,
  });
  return answers.map(({ id, answer }) => ({ id, answer }));
}

const echo: Service = async ({ method }) => ({ ok: true, value: method });
const asking = (method: string) => ({ question: { executor: 'docker', method, input: {} } });

test.each([1e15, 2 ** 40, -1e15])('a question with %d ms left is answered like others', async (leftMs) => {
  expect(await answersTo([{ ...asking('observe'), leftMs }, asking('read')], echo, 2)).toEqual([
    { id: idOf(0), answer: { ok: true, value: 'observe' } },
    { id: idOf(1), answer: { ok: true, value: 'read' } },
  ]);
});

test('a question that nothing can be made of ends neither the others nor the agent', async () => {
  const service: Service = (question, asked) =>
    question.method === 'bad' ? Promise.reject(new Error('a mistake')) : echo(question, asked);
  expect(await answersTo([asking('bad'), asking('read')], service, 1)).toEqual([
    { id: idOf(1), answer: { ok: true, value: 'read' } },
  ]);
});
