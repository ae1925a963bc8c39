// fetch for addresses that people configure, made of Node's own client: names are looked at as they are connected to, so that none
// leads to a metadata service by the time it is used, and nothing is followed elsewhere. The rule is the one of the configuration
// (domain/net-address.ts). One request and its answer; no compression is asked for, and no caches or cookies are kept.

import { type IncomingMessage, request as sendPlainly } from 'node:http';
import { request as sendSecurely } from 'node:https';
import { Readable } from 'node:stream';
import { guardedLookup, refuseMetadataHost } from './guarded-lookup.ts';

/** Rejects as fetch does: with the reason of the signal, or with a TypeError that has the cause. A redirect is an answer. */
export const guardedFetch: typeof globalThis.fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  // Bodies here are questions and settings: small, and in memory already.
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
  try {
    refuseMetadataHost(url.hostname);
    const answer = await sent(url, request, body);
    return responseOf(answer);
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    throw new TypeError('fetch failed', { cause: error });
  }
};

function sent(url: URL, { method, headers, signal }: Request, body: Buffer | null): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const send = url.protocol === 'https:' ? sendSecurely : sendPlainly;
  const length = body === null ? {} : { 'content-length': String(body.byteLength) };
  const all = { 'user-agent': 'sentinel', ...Object.fromEntries(headers), ...length };
  const outgoing = send(url, { method, headers: all, lookup: guardedLookup, signal }, resolve);
  outgoing.once('error', reject);
  outgoing.end(body ?? undefined);
  return promise;
}

function responseOf(answer: IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders } = answer;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  const isEmpty = status === 204 || status === 205 || status === 304;
  if (isEmpty) answer.resume();
  const body = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText, headers });
}
