// The gRPC way in: HTTP/2 without TLS, as the HTTP port is HTTP without TLS. Here and not from a library, because what a library
// reads and inflates before anybody is asked has no bound over all calls together.

import { constants, createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { answerCall, type CallOptions } from './call.ts';

/** As long as a request over HTTP may take to arrive. */
const receiveMs = 60_000;
const closeGraceMs = 5_000;
const keepAliveMs = 60_000;
/** What may be on its way unread: of one call, and of all calls of a connection. */
const callWindowBytes = 256 * 1024;
const connectionWindowBytes = 1024 * 1024;

export type GrpcServer = {
  /** Listens to nothing yet. */
  readonly server: Http2Server;
  /** Takes no more calls, lets those under way finish for a few seconds, then ends their connections. */
  close(): Promise<void>;
};

export function createGrpcServer(options: CallOptions & { readonly receiveMs?: number }): GrpcServer {
  const server = createServer({
    settings: {
      maxConcurrentStreams: 100,
      initialWindowSize: callWindowBytes,
      maxHeaderListSize: 16_384,
    },
  });
  const sessions = new Set<ServerHttp2Session>();
  // Who has gone without a word is noticed, and its connection closed.
  server.on('connection', (socket) => socket.setKeepAlive(true, keepAliveMs));
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(connectionWindowBytes);
  });
  server.on('stream', (stream, headers) => {
    // Of a caller that has gone; there is nobody left to tell.
    stream.on('error', () => {});
    const late = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), options.receiveMs ?? receiveMs);
    stream.once('end', () => clearTimeout(late));
    stream.once('close', () => clearTimeout(late));
    void answerCall(stream, headers, options);
  });
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          for (const session of sessions) session.destroy();
        }, closeGraceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        for (const session of sessions) session.close();
      }),
  };
}
