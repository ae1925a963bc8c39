// One unary gRPC call, answered by what answers the same over HTTP: so keys, limits, tallies and words are the same. Nothing of a
// message is read before the key is judged, and no more of it than the limits of bodies allow.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { readStatus } from '../otlp/respond.ts';
import { framed, type Message, openMessage } from './message.ts';
import { type GrpcStatus, grpcCodes, statusHeaders } from './status.ts';

/** Answers a request that came from `remoteAddress`. Never throws. */
export type GrpcFetch = (request: Request, remoteAddress: string | undefined) => Promise<Response>;

export type CallOptions = {
  readonly fetch: GrpcFetch;
  /** By method, the HTTP path that takes the same. */
  readonly paths: ReadonlyMap<string, string>;
};

const answerHeaders = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity,gzip',
} as const;

/** Never throws. */
export async function answerCall(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { fetch, paths }: CallOptions,
): Promise<void> {
  if (!/^application\/grpc(\+proto)?\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return refuseHttp(stream, 415);
  if (headers[':method'] !== 'POST') return refuseHttp(stream, 405);
  const path = paths.get(headers[':path'] ?? '');
  if (path === undefined) {
    const message = `Sentinel takes ${[...paths.keys()].join(', ')}`;
    return end(stream, { code: grpcCodes.unimplemented, message });
  }
  try {
    const message = await openMessage(stream);
    if (message === null)
      return end(stream, { code: grpcCodes.invalidArgument, message: 'the call has no message' });
    const request = requestOf(headers, path, message);
    await reply(stream, await fetch(request, stream.session?.socket.remoteAddress));
  } catch {
    // The call was cut off, or broke its protocol before there was anything to judge.
    end(stream, { code: grpcCodes.unavailable, message: 'the call was cut off; send the same again' });
  }
}

function requestOf(given: IncomingHttpHeaders, path: string, { compressed, size, body }: Message): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given))
    if (!name.startsWith(':') && typeof value === 'string') headers.set(name, value);
  headers.set('content-type', 'application/x-protobuf');
  headers.set('content-length', String(size));
  headers.set(
    'content-encoding',
    compressed ? ((given['grpc-encoding'] as string | undefined) ?? 'none') : 'identity',
  );
  const init = { method: 'POST', headers, body, duplex: 'half' } as const;
  return new Request(new URL(path, originOf(given[':authority'])), init as RequestInit);
}

/** By which name we were called: none that is of this machine when it is unreadable. */
function originOf(authority: string | undefined): string {
  const origin = `http://${authority ?? ''}`;
  return authority !== undefined && URL.canParse(origin) ? origin : 'http://unknown.invalid';
}

async function reply(stream: ServerHttp2Stream, response: Response): Promise<void> {
  const requestId = response.headers.get('x-request-id') ?? '';
  const body = new Uint8Array(await response.arrayBuffer());
  if (!response.ok) return end(stream, statusOf(response, body), requestId);
  if (isGone(stream)) return;
  stream.respond({ ...answerHeaders, 'x-request-id': requestId }, { waitForTrailers: true });
  stream.once('wantTrailers', () => {
    stream.sendTrailers(statusHeaders({ code: grpcCodes.ok, message: '' }));
  });
  stream.end(framed(body));
}

function statusOf({ status, headers }: Response, body: Uint8Array): GrpcStatus {
  const { code, message } = readStatus(body);
  const later = headers.get('retry-after');
  return {
    // To gRPC a compression that is not known is a feature that is missing.
    code: status === 415 ? grpcCodes.unimplemented : code,
    message,
    retryAfterSeconds: later === null ? undefined : Number(later),
  };
}

/** Ends the call without an answer, and without reading what is still to come of it. */
function end(stream: ServerHttp2Stream, status: GrpcStatus, requestId = ''): void {
  if (isGone(stream) || stream.headersSent) return;
  const id = requestId === '' ? {} : { 'x-request-id': requestId };
  stream.respond({ ...answerHeaders, ...id, ...statusHeaders(status) }, { endStream: true });
  if (!stream.readableEnded) letGo(stream);
}

/** What has come unread would hold the connection open. */
function letGo(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_NO_ERROR);
  setImmediate(() => stream.destroy());
}

function isGone({ destroyed, closed }: ServerHttp2Stream): boolean {
  return destroyed || closed;
}

/** For what is no gRPC. */
function refuseHttp(stream: ServerHttp2Stream, status: 405 | 415): void {
  stream.respond({ ':status': status }, { endStream: true });
  letGo(stream);
}
