/** Signed webhooks, over a few connections; whatever is not answered, or answered with a wish for patience, is sent again. */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerLog } from '../answer-log.ts';
import type { PlannedEvent } from '../plan/events.ts';
import type { Pace } from './pace.ts';

interface WebhookOptions {
  /** More than one receiver: tried in turn, as behind a load balancer. */
  readonly urls: readonly string[];
  readonly secret: string;
  readonly log: AnswerLog;
  readonly pace: Pace;
  readonly lanes: number;
}

const path = '/api/v1/webhooks/standard';
const answerWithinMs = 30_000;
const patienceMs = { first: 100, most: 2_000 } as const;

/** What is about the same alert stays in its order: a lane sends the next one when the one before has its final answer. */
export async function sendWebhooks(events: readonly PlannedEvent[], options: WebhookOptions): Promise<void> {
  const { urls, log, pace, lanes } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: lanes });
  const ofLane = Map.groupBy(events, ({ id, sort, n }) => (sort === 'hostile' ? n : hash(id)) % lanes);
  const lane = async (own: readonly PlannedEvent[], at: number): Promise<void> => {
    let turn = at;
    for (const event of own) {
      const { way, sort, id, state } = event;
      await pace.next();
      for (let attempt = 0; ; attempt += 1) {
        turn += 1;
        const { status, why } = await post(
          event,
          `${urls[turn % urls.length]}${path}`,
          agent,
          options.secret,
        );
        const answer = answerOf(status);
        await log.write([
          { way, sort, id, state, answer, status, ...(why === '' ? {} : { why }), atMs: Date.now() },
        ]);
        if (answer !== 'again') break;
        await pause(Math.min(patienceMs.most, patienceMs.first * 2 ** Math.min(attempt, 10)));
      }
      pace.done(1);
    }
  };
  await Promise.all([...ofLane].map(([at, own]) => lane(own, at)));
  agent.destroy();
}

function answerOf(status: number): 'accepted' | 'refused' | 'again' {
  if (status >= 200 && status < 300) return 'accepted';
  return status >= 400 && status < 500 && status !== 429 && status !== 408 ? 'refused' : 'again';
}

function hash(id: string): number {
  let sum = 0;
  for (const character of id) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

type Answered = { readonly status: number; readonly why: string };

/** Status 0: no answer, or not all of one. */
function post(
  { id, state, body, headers = {} }: PlannedEvent,
  url: string,
  agent: Agent,
  secret: string,
): Promise<Answered> {
  const messageId = `msg-${id}-${state ?? 'once'}`;
  const at = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signature = createHmac('sha256', key).update(`${messageId}.${at}.`).update(body).digest('base64');
  return new Promise((resolve) => {
    const posting = request(
      url,
      {
        method: 'POST',
        agent,
        signal: AbortSignal.timeout(answerWithinMs),
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'webhook-id': messageId,
          'webhook-timestamp': at,
          'webhook-signature': `v1,${signature}`,
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', ({ message }) => resolve({ status: 0, why: message }));
        answer.once('end', () => resolve(heard(answer.statusCode ?? 0, answer.complete, chunks)));
      },
    );
    posting.once('error', ({ message }) => resolve({ status: 0, why: message }));
    posting.end(body);
  });
}

function heard(status: number, complete: boolean, chunks: readonly Buffer[]): Answered {
  if (!complete) return { status: 0, why: 'the answer was cut off' };
  return { status, why: status < 300 ? '' : detailOf(Buffer.concat(chunks).toString()) };
}

function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? detail : '';
  } catch {
    return text.slice(0, 200);
  }
}
