// The one connection of an agent: outbound, to the address in its file, with its key. Nothing it is answered leads it elsewhere.

import { type IncomingMessage, Agent as PlainAgent, request as sendPlainly } from 'node:http';
import { Agent as SecureAgent, request as sendSecurely } from 'node:https';

export type Reply = {
  readonly status: number;
  readonly body: unknown;
  /** When it was sent, by the clock of the server, to the second; null where it does not say. */
  readonly sentAtMs: number | null;
};

export type AgentClient = {
  /** Throws when there is no answer; the reason is for people, and never holds the key. */
  post(
    path: string,
    body: string,
    waiting: { readonly withinMs: number; readonly signal?: AbortSignal },
  ): Promise<Reply>;
  close(): void;
};

export type ClientOptions = {
  readonly url: string;
  readonly key: string;
  /** PEM of the authority that signed the certificate of the server; null: those that the system trusts. */
  readonly ca: string | null;
};

const largestReplyBytes = 2 * 1024 * 1024;

export function createAgentClient({ url, key, ca }: ClientOptions): AgentClient {
  const base = new URL(url);
  const secure = base.protocol === 'https:';
  const alive = { keepAlive: true, maxSockets: 64 };
  const agent = secure
    ? // Whatever the environment says, the certificate is checked.
      new SecureAgent({ ...alive, rejectUnauthorized: true, ...(ca === null ? {} : { ca }) })
    : new PlainAgent(alive);
  const prefix = base.pathname.replace(/\/+$/, '');

  return {
    async post(path, body, { withinMs, signal }) {
      const late = AbortSignal.timeout(withinMs);
      const ends = signal === undefined ? late : AbortSignal.any([signal, late]);
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      const sent = (secure ? sendSecurely : sendPlainly)(
        new URL(`${prefix}${path}`, base),
        {
          method: 'POST',
          agent,
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(body)),
            'user-agent': 'sentinel-agent',
          },
          signal: ends,
        },
        resolve,
      );
      sent.once('error', reject);
      sent.end(body);
      try {
        const reply = await promise;
        const sentAtMs = Date.parse(reply.headers.date ?? '');
        return {
          status: reply.statusCode ?? 0,
          body: bodyOf(await textOf(reply)),
          sentAtMs: Number.isFinite(sentAtMs) ? sentAtMs : null,
        };
      } catch (error) {
        const why = late.aborted ? `no answer within ${withinMs / 1_000} s` : reasonOf(error);
        throw new Error(`${base.host} cannot be reached (${why})`, { cause: error });
      }
    },
    close: () => agent.destroy(),
  };
}

async function textOf(reply: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > largestReplyBytes) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Null for what is no JSON, such as the page of a proxy. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.message : String(error));
}
