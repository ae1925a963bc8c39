// Calls the REST API; problems become errors with the exit code that fits.

import { type ExitCode, ExitError, exitCodes } from '../app/exit.ts';
import type { Connection } from './connection.ts';
import { readMessages, type StreamMessage } from './event-stream.ts';

export type ApiClient = {
  readonly url: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
  /** Messages of a stream until it ends or falls silent. Throws Unreachable when it breaks, and like the others. */
  stream(path: string): AsyncGenerator<StreamMessage, void>;
};

/** Thrown when nothing answers at the address; a watcher may try again. */
export class Unreachable extends ExitError {}

const timeoutMs = 15_000;
/** Sentinel says something every 15 seconds. */
const silenceMs = 45_000;

export function createApiClient({ url, apiKey }: Connection): ApiClient {
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
      });
      text = await response.text();
    } catch (error) {
      throw unreachable(url, error);
    }
    const answer = parse(text);
    if (response.ok && answer !== undefined) return answer as T;
    throw problem(response.status, answer, url);
  };
  async function* stream(path: string): AsyncGenerator<StreamMessage, void> {
    const ended = new AbortController();
    const silent = setTimeout(() => ended.abort(new DOMException('silence', 'TimeoutError')), silenceMs);
    try {
      const response = await fetch(`${url}${path}`, {
        headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' },
        signal: ended.signal,
        redirect: 'error',
      });
      if (!response.ok || response.body === null) {
        throw problem(response.status, parse(await response.text()), url);
      }
      const alive = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          silent.refresh();
          controller.enqueue(chunk);
        },
      });
      yield* readMessages(response.body.pipeThrough(alive));
    } catch (error) {
      throw error instanceof ExitError ? error : unreachable(url, error);
    } finally {
      clearTimeout(silent);
      ended.abort();
    }
  }
  return {
    url,
    stream,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    delete: (path) => call('DELETE', path),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreachable(url: string, error: unknown): Unreachable {
  const { message, cause, name } = error as Error & { cause?: { code?: string; message?: string } };
  const why =
    name === 'TimeoutError'
      ? `no answer within ${timeoutMs / 1000} s`
      : (cause?.code ?? cause?.message ?? message);
  return new Unreachable(
    exitCodes.failed,
    `Cannot reach Sentinel at ${url} (${why}). Is it running? "npm start" starts it; "sentinel doctor" says what is missing.`,
  );
}

function problem(status: number, answer: unknown, url: string): ExitError {
  const { detail, reason, requestId, errors } = (answer ?? {}) as Record<string, unknown>;
  const said = typeof detail === 'string' ? detail : `HTTP ${status}`;
  const hint = answer === undefined ? ` Is ${url} really a Sentinel?` : '';
  return new ExitError(exitCodeOf(status), `${said}${hint}`, { status, reason, requestId, errors });
}

function exitCodeOf(status: number): ExitCode {
  if (status === 400) return exitCodes.usage;
  return [401, 403, 409, 410].includes(status) ? exitCodes.refused : exitCodes.failed;
}
