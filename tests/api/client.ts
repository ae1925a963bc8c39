// Requests against createApp as a client would make them.

import { createApp } from '../../api/app.ts';
import { expectDeclared } from './declared.ts';
import type { World } from './in-memory.ts';

export type Answered = {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the answer is not JSON. */
  readonly json: unknown;
  readonly text: string;
};

export type Call = {
  readonly method?: string;
  readonly key?: string | null;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;
  readonly headers?: Readonly<Record<string, string>>;
};

export function clientOf(world: World): (path: string, call?: Call) => Promise<Answered> {
  const app = createApp(world.deps);
  return async (path, { method, key = usualKey(world, path), body, rawBody, headers = {} } = {}) => {
    const payload = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await app.request(path, {
      method: method ?? (payload === undefined ? 'GET' : 'POST'),
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload, duplex: 'half' }),
    } as RequestInit);
    const text = await textOf(response);
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    const answered = {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
    expectDeclared(response.url || path, method ?? (payload === undefined ? 'GET' : 'POST'), answered);
    return answered;
  };
}

/** The one that may do most of what is at the path. */
function usualKey({ keys }: World, path: string): string {
  return path.startsWith('/api/v1/agent/') ? keys.agent : keys.admin;
}

/** The whole body; of a stream, which has no end, what comes first. */
async function textOf(response: Response): Promise<string> {
  if (
    response.body === null ||
    response.headers.get('content-type')?.startsWith('text/event-stream') !== true
  ) {
    return response.text();
  }
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}
