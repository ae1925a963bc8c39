// The life of an agent: says hello, asks for questions, answers them, and begins anew when its session or the connection is over.

import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { AgentHello, AgentPermission } from '../../../api/ports/agents.ts';
import type { Logger } from '../../../api/ports/logger.ts';
import { agentAnswers, largestAnswerBytes } from '../../../api/routes/agents.ts';
import { agentProtocol } from '../../../domain/agent/line.ts';
import { errorMessage } from '../../../domain/error-message.ts';
import { plainLine } from '../../../domain/text.ts';
import type { AgentClient, Reply } from './client.ts';
import type { Service } from './service.ts';

export type RunOptions = {
  readonly host: string;
  readonly client: AgentClient;
  readonly service: Service;
  readonly about: Omit<AgentHello, 'clockMs'>;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
};

const askMs = 10_000;
/** Longer than the server waits for a question. */
const nextMs = 35_000;
const mostAtOnce = 32;
const [shortestPauseMs, longestPauseMs] = [250, 10_000];
/** Nothing that is asked waits for longer, and no timer takes more than some days. */
const longestWaitMs = 3_600_000;
/** Bytes of an answer around its value. */
const envelopeBytes = 1_024;

/** What waiting does not mend, in words for whoever runs the agent. */
export class AgentRefused extends Error {
  override readonly name = 'AgentRefused';
}

/** Resolves when it was asked to stop and what it was doing has ended. Throws AgentRefused when it cannot go on. */
export async function runAgent(options: RunOptions): Promise<void> {
  const { log, stopping } = options;
  const working = new Map<string, Promise<void>>();
  let failures = 0;
  while (!stopping.aborted) {
    try {
      const session = await greet(options);
      log.info({ host: options.host }, 'connected');
      failures = 0;
      await serve(options, session, working, () => {
        failures = 0;
      });
      if (!stopping.aborted)
        log.warn(
          { host: options.host },
          'the session is over: another process with this key has connected, or Sentinel has forgotten it',
        );
    } catch (error) {
      if (error instanceof AgentRefused || stopping.aborted) {
        await Promise.allSettled(working.values());
        if (error instanceof AgentRefused) throw error;
        return;
      }
      if (failures === 0) log.warn({ reason: errorMessage(error) }, 'not connected; trying on');
      failures += 1;
    }
    const longest = Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(failures, 6));
    await delay(randomInt(shortestPauseMs, longest + 1), undefined, { signal: stopping }).catch(() => {});
  }
  await Promise.allSettled(working.values());
}

async function greet({ client, host, about, nowMs, stopping }: RunOptions): Promise<string> {
  const body = { protocol: agentProtocol, host, ...about, clockMs: nowMs() };
  const answer = await tell(client, 'hello', body, { withinMs: askMs, signal: stopping });
  switch (answer.kind) {
    case 'welcome':
      return answer.session;
    case 'refused':
      throw new AgentRefused(answer.reason);
    case 'taken':
      throw new Error(answer.reason);
  }
}

/** Until the session is over. */
async function serve(
  options: RunOptions,
  session: string,
  working: Map<string, Promise<void>>,
  alive: () => void,
): Promise<void> {
  const { client, stopping } = options;
  let failures = 0;
  while (!stopping.aborted) {
    if (working.size >= mostAtOnce) await Promise.race(working.values());
    try {
      const body = { session, holding: [...working.keys()] };
      const next = await tell(client, 'next', body, { withinMs: nextMs, signal: stopping });
      failures = 0;
      alive();
      if (next.kind === 'over') return;
      if (next.kind === 'none' || working.has(next.id)) continue;
      const { id } = next;
      // Whatever goes wrong with one question ends neither the others nor this process: the record knows what was begun.
      const work = answerOne(options, session, next)
        .catch((error: unknown) => options.log.error({ err: error }, 'a question could not be answered'))
        .finally(() => working.delete(id));
      working.set(id, work);
    } catch (error) {
      if (stopping.aborted) return;
      failures += 1;
      // The session outlives a connection; a server that has forgotten it says so.
      if (failures > 5) throw error;
      await delay(shortestPauseMs * 2 ** failures, undefined, { signal: stopping }).catch(() => {});
    }
  }
}

type Question = Extract<z.output<typeof agentAnswers.next>, { kind: 'question' }>;

async function answerOne(
  { client, service, log }: RunOptions,
  session: string,
  { id, question, leftMs }: Question,
): Promise<void> {
  const signal = AbortSignal.timeout(Math.min(longestWaitMs, Math.max(1, Math.ceil(leftMs))));
  const askPermit = (first: boolean): Promise<AgentPermission> =>
    tell(client, 'permit', { session, id, first }, { withinMs: askMs });
  const answer = await service(question, { signal, askPermit });
  let body = JSON.stringify({ session, id, answer });
  if (Buffer.byteLength(body) > largestAnswerBytes - envelopeBytes) {
    const error = `the answer is too large (${Buffer.byteLength(body)} bytes)`;
    body = JSON.stringify({ session, id, answer: { ok: false, error } });
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { status } = await client.post('/api/v1/agent/answer', body, { withinMs: askMs });
      if (status < 500 && status !== 429) return;
      throw new Error(`it answered ${status}`);
    } catch (error) {
      if (attempt === 4 || signal.aborted) {
        // Whoever asked will look at what became of it: it stands in the record.
        log.warn({ method: question.method, reason: errorMessage(error) }, 'an answer did not arrive');
        return;
      }
      await delay(shortestPauseMs * 2 ** attempt);
    }
  }
}

type Said = typeof agentAnswers;

async function tell<What extends keyof Said>(
  client: AgentClient,
  what: What,
  body: object,
  waiting: Parameters<AgentClient['post']>[2],
): Promise<z.output<Said[What]>> {
  const reply = await client.post(`/api/v1/agent/${what}`, JSON.stringify(body), waiting);
  if (reply.status !== 200) throw new Error(whyNot(reply));
  const answer = agentAnswers[what].safeParse(reply.body);
  if (!answer.success) throw new Error('what answers there is no Sentinel of this version');
  return answer.data as z.output<Said[What]>;
}

export function whyNot({ status, body }: Pick<Reply, 'status' | 'body'>): string {
  const { detail } = (body ?? {}) as { detail?: unknown };
  const said = typeof detail === 'string' ? `: ${plainLine(detail, 300)}` : '';
  if (status === 401) return 'the key is not accepted: it is wrong, has expired, or was revoked';
  if (status === 403) return `the key is none of an agent${said}`;
  return `it answered ${status}${said}`;
}
