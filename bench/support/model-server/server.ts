// A model provider on this machine that speaks the real protocols (OpenAI's chat completions, Anthropic's messages) and
// can answer in every wrong way there is. For tests and benchmarks: no model is behind it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Behaviour, behaviours, type ModelMode } from './behaviours.ts';
import { type Facts, readFacts } from './facts.ts';

export type ModelRequest = {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly system: string;
  readonly prompt: string;
  readonly body: Readonly<Record<string, unknown>>;
};

export type ModelServer = {
  /** Base URL as a provider's configuration takes it. */
  readonly url: string;
  /** Every request that was received, in order. */
  readonly requests: readonly ModelRequest[];
  /** Modes of the next calls; then `mode` for the rest. */
  readonly next: ModelMode[];
  mode: ModelMode;
  /** Chooses by what the prompt is about; null leaves it to `next` and `mode`. */
  choose: (facts: Facts) => ModelMode | null;
  /** What `correct` says; default: an error burst at the first service there is evidence about. */
  answer: (facts: Facts) => unknown;
  /** A call waits for this before it is answered. */
  hold: (request: ModelRequest) => Promise<void> | null;
  stop(): Promise<void>;
};

export async function startModelServer(): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: ModelServer = {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    next: [],
    mode: 'correct',
    choose: () => null,
    answer: likelyAnswer,
    hold: () => null,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    requests.push(request);
    await self.hold(request);
    const facts = readFacts(request.prompt);
    const mode = self.choose(facts) ?? self.next.shift() ?? self.mode;
    const behaviour = behaviours[mode](facts, () => self.answer(facts));
    send(response, behaviour, incoming.url?.endsWith('/messages') === true ? request : null);
  }
  return self;
}

/** Cites what there is about the service, as a careful model would. */
export function answerAbout(facts: Facts, cause: string, service: string): object {
  const cited = facts.evidence.filter((one) => one.service === service).map(({ id }) => id);
  return {
    verdict: 'explained',
    summary: `The trouble begins at ${service}.`,
    hypotheses: [
      {
        cause,
        service,
        confidence: 0.8,
        reason: `What is known of ${service} fits.`,
        evidenceFor: cited.slice(0, 4),
        evidenceAgainst: [],
        actions: ['restart'],
      },
    ],
    risks: ['a short interruption'],
  };
}

function likelyAnswer(facts: Facts): object {
  return answerAbout(facts, 'error-burst', facts.evidence[0]?.service ?? '');
}

async function read(incoming: IncomingMessage): Promise<ModelRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
  const messages = (body.messages ?? []) as readonly { role: string; content: unknown }[];
  const textOf = (content: unknown): string =>
    typeof content === 'string'
      ? content
      : ((content ?? []) as readonly { text?: string }[]).map(({ text }) => text ?? '').join('');
  const system = textOf(body.system ?? messages.find(({ role }) => role === 'system')?.content);
  const prompt = textOf(messages.findLast(({ role }) => role === 'user')?.content);
  return { path: incoming.url ?? '', headers: incoming.headers, system, prompt, body };
}

/** `asked` is the request when it was made in Anthropic's protocol. */
function send(response: ServerResponse, behaviour: Behaviour, asked: ModelRequest | null): void {
  switch (behaviour.kind) {
    case 'says':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(asked === null ? completion(behaviour) : message(behaviour, asked)));
      return;
    case 'status':
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers });
      response.end(JSON.stringify({ error: { message: 'not now', type: 'error' }, type: 'error' }));
      return;
    case 'raw':
      response.writeHead(200, behaviour.headers);
      response.end(behaviour.body);
      return;
    case 'drop':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
      response.write('{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"{\\"verd');
      setImmediate(() => response.destroy());
      return;
    case 'endless': {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
      return;
    }
    case 'silent':
      return;
  }
}

const tokensOf = (text: string): number => Math.ceil(text.length / 4);

function completion({ text, finish, refusal }: Extract<Behaviour, { kind: 'says' }>): object {
  const completionTokens = tokensOf(text);
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'fake-1',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: refusal === undefined ? text : null,
          ...(refusal === undefined ? {} : { refusal }),
        },
        finish_reason: finish,
      },
    ],
    usage: {
      prompt_tokens: 1_000,
      completion_tokens: completionTokens,
      total_tokens: 1_000 + completionTokens,
    },
  };
}

function message({ text, finish }: Extract<Behaviour, { kind: 'says' }>, { body }: ModelRequest): object {
  const reasons: Readonly<Record<string, string>> = {
    stop: 'end_turn',
    length: 'max_tokens',
    content_filter: 'refusal',
  };
  // Models without structured output are made to call a tool whose arguments are the answer.
  const tool = (body.tools as readonly { name: string }[] | undefined)?.[0]?.name;
  const called = tool === undefined ? null : objectOf(text);
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'fake-1',
    content:
      called === null
        ? [{ type: 'text', text }]
        : [{ type: 'tool_use', id: 'toolu_1', name: tool, input: called }],
    stop_reason: called === null ? (reasons[finish] ?? 'end_turn') : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 1_000, output_tokens: tokensOf(text) },
  };
}

function objectOf(text: string): object | null {
  try {
    return JSON.parse(text) as object;
  } catch {
    return null;
  }
}
