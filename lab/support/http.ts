/** The little HTTP every process of the lab needs: a JSON server with routes, and a JSON client. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const maxBodyBytes = 256 * 1024;

/** A refusal with the status and the reason the client sees. */
export class HttpError extends Error {
  readonly status: number;
  /** What kind of refusal it is, for programs; left out where the status says enough. */
  readonly code: string | undefined;
  constructor(status: number, message: string, code?: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface JsonRequest {
  method: string;
  /** Path parameters of the route, in order. */
  parameters: string[];
  query: URLSearchParams;
  body: unknown;
  raw: IncomingMessage;
  response: ServerResponse;
}

export interface JsonAnswer {
  status: number;
  body: unknown;
}

/** A route answers, or returns undefined when it has already dealt with the connection itself. */
export interface JsonRoute {
  method: string;
  path: RegExp;
  handle: (request: JsonRequest) => Promise<JsonAnswer | undefined> | JsonAnswer | undefined;
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.writableEnded) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new HttpError(413, `the body is larger than ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new HttpError(400, 'the body is not valid JSON');
  }
}

async function dispatch(routes: JsonRoute[], raw: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(raw.url ?? '/', 'http://lab');
  const here = routes.filter((route) => route.path.test(url.pathname));
  const route = here.find((candidate) => candidate.method === raw.method);
  if (!route) {
    throw here.length > 0
      ? new HttpError(405, `${raw.method} is not allowed on ${url.pathname}`)
      : new HttpError(404, `there is nothing at ${url.pathname}`);
  }
  const parameters = (route.path.exec(url.pathname) ?? []).slice(1).map(decodeURIComponent);
  const body = raw.method === 'GET' ? undefined : await readJson(raw);
  const method = route.method;
  const answer = await route.handle({ method, parameters, query: url.searchParams, body, raw, response });
  if (answer) sendJson(response, answer.status, answer.body);
}

/** Serves the routes on localhost; refusals become `{ "error": reason }`. */
export async function serveJson(routes: JsonRoute[], port = 0): Promise<{ server: Server; url: string }> {
  const server = createServer((raw, response) => {
    dispatch(routes, raw, response).catch((error: unknown) => {
      const status = error instanceof HttpError ? error.status : 500;
      const code = error instanceof HttpError ? error.code : undefined;
      sendJson(response, status, { error: error instanceof Error ? error.message : String(error), code });
    });
  });
  await listen(server, port);
  return { server, url: `http://127.0.0.1:${portOf(server)}` };
}

export function listen(server: Server | import('node:net').Server, port = 0): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

export function portOf(server: Server | import('node:net').Server): number {
  return (server.address() as AddressInfo).port;
}

/** Calls a JSON API of the lab; a status of 400 and above becomes an `HttpError` with the reason it gave. */
export async function callJson<T>(
  method: string,
  url: string,
  body?: unknown,
  timeoutMs = 30_000,
): Promise<T> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok)
    throw new HttpError(response.status, answer.error ?? `${method} ${url}: ${response.status}`);
  return answer;
}
