// One POST to somebody else's server, bounded in time and size, that follows no redirect; and what its answer means for
// a delivery that is tried again until it succeeds or cannot.

import { type IncomingMessage, request as sendPlainly } from 'node:http';
import { request as sendSecurely } from 'node:https';
import type { DeliveryResult } from '../../api/notifications/ports.ts';
import { guardedLookup, refuseMetadataHost } from './guarded-lookup.ts';

export type Answer = {
  readonly status: number;
  /** How long the other side wants to be left alone; null when it does not say. */
  readonly retryAfterMs: number | null;
  /** The beginning of the body. */
  readonly text: string;
};

const longestAnswerBytes = 16 * 1024;
const longestPauseMs = 60 * 60_000;

/** Throws when there is no answer; the reason is for people. */
export async function postJson(
  url: string,
  body: string,
  {
    headers = {},
    signal,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<Answer> {
  const target = new URL(url);
  const { host } = target;
  try {
    refuseMetadataHost(target.hostname);
    const response = await post(target, body, headers, signal);
    return {
      status: response.statusCode ?? 0,
      retryAfterMs: retryAfterMs(response.headers['retry-after'] ?? null, Date.now()),
      text: await beginning(response),
    };
  } catch (error) {
    if (signal.aborted) throw new Error(`${host} did not answer in time`, { cause: error });
    throw new Error(`${host} cannot be reached (${reasonOf(error)})`, { cause: error });
  }
}

/** Follows nothing, and connects to no forbidden address whatever the name leads to. */
function post(
  target: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = target.protocol === 'https:' ? sendSecurely : sendPlainly;
  const sent = send(
    target,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        'user-agent': 'sentinel',
        ...headers,
      },
      lookup: guardedLookup,
      signal,
    },
    resolve,
  );
  sent.once('error', reject);
  sent.end(body);
  return promise;
}

/**
 * What an answer that is no success means. `refused`: the other side will never take this message; `blocked`: nobody gets
 * through before a person repairs address or secret.
 */
export function unwelcome(
  { status, retryAfterMs: afterMs, text }: Answer,
  who: string,
): Exclude<DeliveryResult, { kind: 'delivered' }> {
  const said = text.trim() === '' ? '' : `: ${text.replace(/\s+/g, ' ').trim().slice(0, 200)}`;
  const reason = `${who} answered ${status}${said}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { kind: 'retry', reason, ...(afterMs === null ? {} : { afterMs }) };
  if (status < 400 || [401, 403, 404, 405, 407, 410].includes(status)) return { kind: 'blocked', reason };
  return { kind: 'refused', reason };
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), at most an hour. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  let ms = Number.NaN;
  if (/^\d{1,9}$/.test(header)) ms = Number(header) * 1_000;
  else if (/^[A-Z][a-z]{2}, .* GMT$/.test(header)) ms = Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(longestPauseMs, Math.max(0, ms)) : null;
}

async function beginning(response: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= longestAnswerBytes) break; // leaving the loop cancels the rest
  }
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, longestAnswerBytes));
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.message : String(error));
}
