// Requests to one API server: one HTTP exchange each, with a limit on time and size, never repeated and never redirected.
// Reads throw; writes answer what is certain about them, because that decides what may be done next.

import { request } from 'undici';
import { z } from 'zod';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import { plainLine } from '../../domain/text.ts';
import type { Access } from './identity.ts';
import { IdentityError } from './identity.ts';
import { jsonLines } from './watch/json-lines.ts';

/** A reading that brought nothing; the message says of what, and why. */
export class KubernetesError extends Error {
  override readonly name = 'KubernetesError';
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server does not remember so far back any more: everything has to be listed again. */
export class GoneError extends KubernetesError {
  constructor(message: string) {
    super('refused-by-vendor', message);
  }
}

/** `refused`: it certainly changed nothing. `unknown`: it may have. */
export type Written =
  | { readonly kind: 'ok'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly code: RefusalCode; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

export type Change = {
  readonly method: 'PATCH' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
  /** All of admission and validation, and nothing is stored. */
  readonly dryRun?: boolean;
  /** Of a patch: maps are merged, and everything else is replaced. Resources of others know no other kind. */
  readonly plainMerge?: boolean;
};

export type Page = {
  readonly items: readonly unknown[];
  /** What a watch goes on from. */
  readonly version: string;
  /** The server's clock, where it tells. */
  readonly serverMs: number | null;
};

export type WatchFrom = {
  readonly version: string;
  /** The server ends the watch after so long. */
  readonly seconds: number;
  /** The server has accepted it. */
  readonly opened: () => void;
};

export type Api = {
  /** Null: there is no such thing. */
  get(path: string, signal?: AbortSignal): Promise<unknown>;
  /** Every item, however many pages it takes; the path may have a query. */
  list(path: string, signal?: AbortSignal): Promise<readonly unknown[]>;
  /** The same page by page, for what is too much to hold. `path` may have a query. */
  pages(path: string, signal?: AbortSignal): AsyncGenerator<Page>;
  /** What changes after a version, until the server ends it. */
  watch(path: string, from: WatchFrom, signal: AbortSignal): AsyncGenerator<unknown>;
  change(change: Change, signal?: AbortSignal): Promise<Written>;
};

const maxBodyBytes = 64 * 1024 * 1024;
/**
 * HTTP/1.1: a request that is given up takes its connection with it. Over HTTP/2 all of them share one, and one that has died
 * without a word would be taken again and again, for as long as the system goes on sending into it: about a quarter of an hour.
 */
const ownConnection = { allowH2: false };

const pageSize = 500;
const maxPages = 200;
const userAgent = 'sentinel';

export function createApi(access: () => Promise<Access>, timeoutMs: number): Api {
  async function exchange(
    method: 'GET' | Change['method'],
    path: string,
    signal: AbortSignal | undefined,
    body?: unknown,
    patch: 'strategic-merge' | 'merge' = 'strategic-merge',
  ): Promise<{ status: number; body: unknown; date: string }> {
    const { server, headers, dispatcher } = await access();
    const limit = AbortSignal.timeout(timeoutMs);
    const contentType = method === 'PATCH' ? `application/${patch}-patch+json` : 'application/json';
    const answer = await request(`${server}${path}`, {
      ...ownConnection,
      method,
      dispatcher,
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    return { status: answer.statusCode, body: await jsonOf(answer.body), date: dateOf(answer.headers.date) };
  }

  async function read(path: string, signal?: AbortSignal): Promise<unknown> {
    return (await readDated(path, signal)).body;
  }

  async function readDated(path: string, signal?: AbortSignal): Promise<{ body: unknown; date: string }> {
    const what = path.split('?')[0];
    let answer: { status: number; body: unknown; date: string };
    try {
      answer = await exchange('GET', path, signal);
    } catch (error) {
      throw new KubernetesError(codeWithoutAnswer(error), `reading ${what}: ${whyNoAnswer(error)}`);
    }
    const { date } = answer;
    if (answer.status === 404) return { body: null, date };
    if (answer.status === 200) return { body: answer.body, date };
    const { code, reason } = refusalOf(answer.status, answer.body);
    throw new KubernetesError(code, `reading ${what}: ${reason}`);
  }

  async function* pages(path: string, signal?: AbortSignal): AsyncGenerator<Page> {
    const what = path.split('?')[0];
    for (let page = 0, next = ''; page < maxPages; page += 1) {
      const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      const { body, date } = await readDated(`${path}${joint(path)}limit=${pageSize}${more}`, signal);
      if (body === null) throw new KubernetesError('unknown-target', `reading ${what}: not found`);
      const list = listSchema.safeParse(body);
      if (!list.success) throw new KubernetesError('unreachable', `reading ${what}: the answer is no list`);
      const { items, metadata } = list.data;
      const serverMs = Date.parse(date);
      const version = metadata?.resourceVersion ?? '';
      yield { items, version, serverMs: Number.isFinite(serverMs) ? serverMs : null };
      next = metadata?.continue ?? '';
      if (next === '') return;
    }
    throw new KubernetesError('refused-by-vendor', `reading ${what}: more than ${maxPages * pageSize} items`);
  }

  async function* watch(
    path: string,
    { version, seconds, opened }: WatchFrom,
    signal: AbortSignal,
  ): AsyncGenerator<unknown> {
    const what = `watching ${path.split('?')[0]}`;
    const query = `watch=1&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(version)}&timeoutSeconds=${seconds}`;
    const headersIn = new AbortController();
    const late = setTimeout(() => headersIn.abort(new DOMException('late', 'TimeoutError')), timeoutMs);
    try {
      const { server, headers, dispatcher } = await access();
      const answer = await request(`${server}${path}${joint(path)}${query}`, {
        ...ownConnection,
        method: 'GET',
        dispatcher,
        headers: { ...headers, accept: 'application/json', 'user-agent': userAgent },
        // Between two events there may be nothing for long; whoever watches counts the silence.
        bodyTimeout: 0,
        signal: AbortSignal.any([signal, headersIn.signal]),
      });
      clearTimeout(late);
      if (answer.statusCode !== 200) {
        const { code, reason } = refusalOf(answer.statusCode, await jsonOf(answer.body));
        if (answer.statusCode === 410) throw new GoneError(`${what}: ${reason}`);
        throw new KubernetesError(code, `${what}: ${reason}`);
      }
      opened();
      yield* jsonLines(answer.body);
    } catch (error) {
      if (error instanceof KubernetesError) throw error;
      throw new KubernetesError(codeWithoutAnswer(error), `${what}: ${whyNoAnswer(error)}`);
    } finally {
      clearTimeout(late);
    }
  }

  return {
    get: read,
    async list(path, signal) {
      const items: unknown[] = [];
      for await (const page of pages(path, signal)) items.push(...page.items);
      return items;
    },
    pages,
    watch,
    async change({ method, path, body, dryRun = false, plainMerge = false }, signal) {
      // With a body, a deletion reads its options from there alone: a dry run asked for in the query would delete.
      const deletion = method === 'DELETE';
      const query = deletion ? '' : `?fieldManager=${userAgent}${dryRun ? '&dryRun=All' : ''}`;
      const sent = deletion && dryRun ? { ...(body as object), dryRun: ['All'] } : body;
      let answer: { status: number; body: unknown };
      try {
        answer = await exchange(method, `${path}${query}`, signal, sent, plainMerge ? 'merge' : undefined);
      } catch (error) {
        const reason = whyNoAnswer(error);
        if (error instanceof IdentityError)
          return { kind: 'refused', status: 0, code: 'expired-credentials', reason };
        return neverLeft(error)
          ? { kind: 'refused', status: 0, code: 'unreachable', reason }
          : { kind: 'unknown', reason };
      }
      const { status } = answer;
      if (status >= 200 && status < 300) return { kind: 'ok', body: answer.body };
      const { code, reason } = refusalOf(status, answer.body);
      // A 4xx is an answer about the request. After a 5xx, and after 408, it may have been carried out all the same.
      return status >= 400 && status < 500 && status !== 408
        ? { kind: 'refused', status, code, reason }
        : { kind: 'unknown', reason };
    },
  };
}

const listSchema = z.looseObject({
  items: z.array(z.unknown()),
  metadata: z
    .looseObject({ continue: z.string().optional(), resourceVersion: z.string().optional() })
    .optional(),
});

const joint = (path: string): string => (path.includes('?') ? '&' : '?');

function dateOf(header: string | string[] | undefined): string {
  return (typeof header === 'string' ? header : header?.[0]) ?? '';
}

const statusSchema = z.looseObject({ message: z.string().optional(), reason: z.string().optional() });

function refusalOf(status: number, body: unknown): { code: RefusalCode; reason: string } {
  const parsed = statusSchema.safeParse(body);
  const said = parsed.success ? (parsed.data.message ?? parsed.data.reason ?? '') : '';
  const words = said === '' ? `status ${status}` : plainLine(said, 500);
  switch (status) {
    case 401:
      return {
        code: 'expired-credentials',
        reason:
          'the API server does not accept the credentials (401): the token may have expired; replace it',
      };
    case 403:
      return { code: 'permission-denied', reason: words };
    case 404:
      return { code: 'unknown-target', reason: words };
    case 409:
      return { code: 'changed-meanwhile', reason: words };
    case 429:
      return { code: 'throttled', reason: words };
    case 400:
    case 422:
      return { code: 'invalid', reason: words };
    default:
      return { code: 'refused-by-vendor', reason: words };
  }
}

/** What fails before a single byte of the request is out: no address, no connection, no trust. */
function neverLeft(error: unknown): boolean {
  const codes = [codeOf(error), codeOf((error as { cause?: unknown } | null)?.cause)];
  return codes.some((code) =>
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|ERR_TLS_.*)$/.test(
      code,
    ),
  );
}

/** Nobody was asked where we cannot even say who we are. */
function codeWithoutAnswer(error: unknown): RefusalCode {
  return error instanceof IdentityError ? 'expired-credentials' : 'unreachable';
}

function whyNoAnswer(error: unknown): string {
  if (error instanceof IdentityError) return error.message;
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') return 'no answer in time';
  if (name === 'AbortError') return 'it was given up';
  const code = codeOf(error) || codeOf((error as { cause?: unknown } | null)?.cause);
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '';
}

async function jsonOf(body: AsyncIterable<Uint8Array> & { destroy(): unknown }): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > maxBodyBytes) {
      body.destroy();
      throw Object.assign(new Error('the answer is too long'), { code: 'ANSWER_TOO_LONG' });
    }
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    return null; // judged by its status alone
  }
}
