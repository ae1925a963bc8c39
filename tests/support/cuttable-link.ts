/** The network between two processes that speak HTTP: it can be cut at one moment of one request, and is healed by hand. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** `before`: the request never arrives. `after`: it has arrived and been answered, and nobody hears of that. */
export type Moment = { readonly request: RegExp; readonly when: 'before' | 'after' };

export interface CuttableLink {
  readonly url: string;
  /** Every connection, from the moment that comes next; resolves then. */
  cutAt(moment: Moment): Promise<void>;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function cuttableLink(upstream: string): Promise<CuttableLink> {
  const sockets = new Set<Socket>();
  let isCut = false;
  let armed: { readonly moment: Moment; readonly cut: () => void } | null = null;

  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const comes = (url: string, when: Moment['when']): boolean => {
    if (armed === null || armed.moment.when !== when || !armed.moment.request.test(url)) return false;
    const { cut: cutNow } = armed;
    armed = null;
    cutNow();
    return true;
  };

  const server = createServer((incoming, outgoing) => {
    if (!comes(incoming.url ?? '', 'before')) forward(incoming, outgoing);
  });
  server.on('connection', (socket) => {
    if (isCut) return void socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, url = '/', headers } = incoming;
    const onwards = send(new URL(url, upstream), { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', () => outgoing.destroy());
      answer.once('end', () => {
        if (comes(url, 'after')) return;
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(chunks));
      });
    });
    onwards.once('error', () => outgoing.destroy());
    // The other end sees a connection that was cut, too.
    outgoing.once('close', () => onwards.destroy());
    incoming.pipe(onwards);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cutAt: (moment) =>
      new Promise((resolve) => {
        const cutNow = (): void => {
          cut();
          resolve();
        };
        armed = { moment, cut: cutNow };
      }),
    cut,
    heal() {
      isCut = false;
      armed = null;
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
