// Serves a fetch function over HTTP, under its own names only, with time limits, and closes it without cutting answers off.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { answerUnparsable } from './http/bare-problem.ts';
import { clientAddress, type From } from './http/client-address.ts';
import { type Admitted, admit } from './http/front-door.ts';
import { hostNames } from './http/host-names.ts';
import { listen, urlOf } from './http/listen.ts';

export type HttpServer = {
  /** With the port it really has (0 was "any"). */
  readonly url: string;
  /** Lets requests under way finish for a few seconds, then ends their connections. */
  close(): Promise<void>;
};

const closeGraceMs = 5000;
/** Streams send a sign of life more often, so no byte has left for this long only when the client takes none. */
const defaultStalledMs = 60_000;

/** Rejects with an error that says which address is the matter and what to do. */
export async function startHttp(options: {
  fetch: (request: Request, from: From) => Response | Promise<Response>;
  host: string;
  port: number;
  /** A connection on which nothing moves for this long, in an answer, is closed. Default one minute. */
  stalledMs?: number;
  /** Proxies of our own in front; default 0. */
  trustedProxies?: number;
  /** Names this server answers to, besides addresses, the names of the loopback interface and `host`. */
  names?: readonly string[];
  /** The setting that moves it to another port, for the message when the port is taken. Default `server.port`. */
  setting?: string;
  /** Path that a proxy shows this server below. Default none. */
  prefix?: string;
}): Promise<HttpServer> {
  const { fetch, host, port, trustedProxies = 0, stalledMs = defaultStalledMs } = options;
  const door = {
    hosts: hostNames([host, ...(options.names ?? [])]),
    publicPrefix: options.prefix ?? '',
    behindProxy: trustedProxies > 0,
  };
  const admitted = new WeakMap<IncomingMessage, Admitted>();
  const server = createAdaptorServer({
    fetch: (request, { incoming }) =>
      fetch(request, {
        address: clientAddress(
          incoming.socket.remoteAddress,
          request.headers.get('x-forwarded-for'),
          trustedProxies,
        ),
        prefix: admitted.get(incoming as IncomingMessage)?.prefix ?? '',
      }),
    createServer: ((serverOptions, listener) =>
      createServer(serverOptions, (incoming, outgoing) => {
        const entry = admit(incoming, outgoing, door);
        if (entry === null) return;
        admitted.set(incoming, entry);
        listener?.(incoming, outgoing);
      })) as typeof createServer,
    // Requests without a `Host` come from old proxies and from probes; no browser makes one.
    hostname: 'localhost',
    serverOptions: {
      requireHostHeader: false,
      requestTimeout: 60_000,
      headersTimeout: 15_000,
      keepAliveTimeout: 30_000,
      maxHeaderSize: 16_384,
    },
  }) as Server;
  server.timeout = stalledMs;
  answerUnparsable(server);
  const actual = await listen(server, { host, port, setting: options.setting ?? 'server.port' });
  return {
    url: urlOf(host, actual),
    close: () =>
      new Promise((resolve) => {
        // A connection whose answer ends after close() began is kept open by the client: look for it again.
        const sweep = setInterval(() => server.closeIdleConnections(), 50);
        const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
        server.close(() => {
          clearInterval(sweep);
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}
