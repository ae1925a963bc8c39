/** Slack's Web API on a local port, as far as Sentinel speaks it: messages, threads, views, ephemeral answers; and its faults. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { blocksProblem } from './limits.ts';
import { createSocketDoor } from './socket.ts';

export type SlackMessage = {
  ts: string;
  channel: string;
  thread_ts?: string;
  reply_broadcast?: boolean;
  text: string;
  blocks: readonly { type: string; [field: string]: unknown }[];
  metadata?: unknown;
  edits: number;
};

export type SlackCall = { readonly method: string; readonly args: Readonly<Record<string, string>> };

/** What a call meets instead of, or after, being carried out. */
export type Fault =
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'status'; readonly status: number }
  /** Carried out, and the answer lost. */
  | { readonly kind: 'lost-answer' };

export type Ephemeral = {
  readonly user: string | null;
  readonly text: string;
  readonly blocks: readonly unknown[];
};

export const botToken = 'xoxb-test-token';
export const appToken = 'xapp-test-token';
export const team = 'T0TEST';
export const app = 'A0TEST';
export const conversation = 'C0INCIDENTS';

export type FakeSlack = {
  /** For `slackApiUrl`; ends in a slash. */
  readonly apiUrl: string;
  readonly messages: SlackMessage[];
  readonly ephemerals: Ephemeral[];
  readonly views: { readonly triggerId: string; readonly view: Readonly<Record<string, unknown>> }[];
  readonly calls: SlackCall[];
  /** Answers to a call of a method while a fault is in its list; each is used once. */
  readonly faults: Map<string, Fault[]>;
  /** Every call of every method meets this. */
  outage: Fault | null;
  /** Where an interaction's `response_url` points. */
  responseUrl(user: string): string;
  cards(): SlackMessage[];
  /** Socket Mode: hands an envelope to the connected app and answers with its acknowledgement. */
  sendEnvelope(type: string, payload: unknown): Promise<unknown>;
  close(): Promise<void>;
};

type Handler = (args: Readonly<Record<string, string>>) => Readonly<Record<string, unknown>>;

export async function startFakeSlack(): Promise<FakeSlack> {
  let clock = 1_700_000_000;
  const door = createSocketDoor();
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.on('upgrade', door.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const slack: FakeSlack = {
    apiUrl: `${base}/api/`,
    messages: [],
    ephemerals: [],
    views: [],
    calls: [],
    faults: new Map(),
    outage: null,
    responseUrl: (user) => `${base}/response/${user}`,
    cards: () => slack.messages.filter(({ thread_ts }) => thread_ts === undefined),
    sendEnvelope: door.send,
    async close() {
      door.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  const methods: Readonly<Record<string, Handler>> = {
    'auth.test': () => ({ team_id: team, team: 'Test', user: 'sentinel', user_id: 'UBOT', bot_id: 'BBOT' }),
    'chat.postMessage': (args) => {
      const problem = messageProblem(args);
      if (problem !== null) return { ok: false, error: 'invalid_blocks', detail: problem };
      clock += 1;
      const message: SlackMessage = {
        ts: `${clock}.000100`,
        channel: args.channel ?? '',
        ...(args.thread_ts === undefined ? {} : { thread_ts: args.thread_ts }),
        ...(args.reply_broadcast === undefined ? {} : { reply_broadcast: args.reply_broadcast === 'true' }),
        text: args.text ?? '',
        blocks: JSON.parse(args.blocks ?? '[]') as SlackMessage['blocks'],
        ...(args.metadata === undefined ? {} : { metadata: JSON.parse(args.metadata) as unknown }),
        edits: 0,
      };
      slack.messages.push(message);
      return { ts: message.ts, channel: message.channel, message };
    },
    'chat.update': (args) => {
      const message = slack.messages.find(({ ts }) => ts === args.ts);
      if (message === undefined) return { ok: false, error: 'message_not_found' };
      const problem = messageProblem(args);
      if (problem !== null) return { ok: false, error: 'invalid_blocks', detail: problem };
      Object.assign(message, { text: args.text ?? '', blocks: JSON.parse(args.blocks ?? '[]') });
      message.edits += 1;
      return { ts: message.ts, channel: message.channel };
    },
    'chat.postEphemeral': (args) => {
      slack.ephemerals.push({
        user: args.user ?? null,
        text: args.text ?? '',
        blocks: JSON.parse(args.blocks ?? '[]') as unknown[],
      });
      return { message_ts: `${clock}.000200` };
    },
    'conversations.history': () => ({ messages: slack.cards().toReversed(), has_more: false }),
    'conversations.replies': (args) => ({
      messages: slack.messages.filter(({ ts, thread_ts }) => ts === args.ts || thread_ts === args.ts),
    }),
    'views.open': (args) => {
      const view = JSON.parse(args.view ?? '{}') as Record<string, unknown>;
      slack.views.push({ triggerId: args.trigger_id ?? '', view });
      return { view };
    },
    'apps.connections.open': () => ({ url: `${base.replace('http', 'ws')}/socket` }),
  };

  function messageProblem(args: Readonly<Record<string, string>>): string | null {
    if ((args.text ?? '').length > 40_000) return 'msg_too_long';
    return blocksProblem(JSON.parse(args.blocks ?? '[]'));
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    const path = new URL(request.url ?? '/', base).pathname;
    if (path.startsWith('/response/')) {
      const answer = JSON.parse(body) as { text?: string; blocks?: unknown[] };
      slack.ephemerals.push({ user: path.slice(10), text: answer.text ?? '', blocks: answer.blocks ?? [] });
      response.end('ok');
      return;
    }
    const method = path.slice('/api/'.length);
    const args = Object.fromEntries(new URLSearchParams(body)) as Record<string, string>;
    slack.calls.push({ method, args });
    const fault = slack.outage ?? slack.faults.get(method)?.shift();
    const carryOut = (): Readonly<Record<string, unknown>> => {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? args.token;
      const wanted = method === 'apps.connections.open' ? appToken : botToken;
      if (token !== wanted) return { ok: false, error: 'invalid_auth' };
      return methods[method]?.(args) ?? { ok: false, error: 'unknown_method' };
    };
    const answer = (value: unknown): void => {
      response.setHeader('content-type', 'application/json; charset=utf-8');
      response.end(JSON.stringify(value));
    };
    switch (fault?.kind) {
      case undefined:
        return answer({ ok: true, ...carryOut() });
      case 'error':
        return answer({ ok: false, error: fault.error });
      case 'limited':
        response.writeHead(429, { 'retry-after': String(fault.retryAfterSeconds) });
        response.end();
        return;
      case 'status':
        response.writeHead(fault.status);
        response.end('oops');
        return;
      case 'lost-answer':
        carryOut();
        response.destroy();
    }
  }
  return slack;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
