/** An HTTP proxy in front of a vendor that loses answers and refuses, once, the next request that changes something. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export type WireFault = 'lose-before' | 'lose-after' | { readonly status: number; readonly body: string };

export type FaultyProxy = {
  readonly url: string;
  /** Of the next request that `changes` says changes something; null: none. */
  next(fault: WireFault | null): void;
  close(): Promise<void>;
};

export async function faultyProxy(
  upstream: string,
  changes: (request: Pick<IncomingMessage, 'method' | 'url'>) => boolean,
): Promise<FaultyProxy> {
  let armed: WireFault | null = null;
  const server = createServer((request, response) => {
    const fault = changes(request) ? armed : null;
    if (fault !== null) armed = null;
    if (fault === 'lose-before') return void request.socket.destroy();
    if (fault !== null && typeof fault === 'object') {
      request.resume();
      response.writeHead(fault.status, { 'content-type': 'application/json' }).end(fault.body);
      return;
    }
    forward(request, response, fault === 'lose-after');
  });

  function forward(request: IncomingMessage, response: ServerResponse, lose: boolean): void {
    const target = new URL(request.url ?? '/', upstream);
    const headers = { ...request.headers, host: target.host };
    const onwards = send(target, { method: request.method ?? 'GET', headers }, (answer) => {
      if (lose) {
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onwards.on('error', () => request.socket.destroy());
    request.pipe(onwards);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next(fault) {
      armed = fault;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
