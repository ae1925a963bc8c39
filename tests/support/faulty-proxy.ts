/** An HTTP proxy in front of a vendor that loses answers, refuses and holds back, once, the next request that changes something. */
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `hold`: nobody gets an answer, and the request goes on when it is released. */
export type WireFault =
  | 'lose-before'
  | 'lose-after'
  | 'hold'
  | { readonly status: number; readonly body: string };

export type FaultyProxy = {
  readonly url: string;
  /** Of the next request that `changes` says changes something; null: none. */
  next(fault: WireFault | null): void;
  /** While it is gone nobody gets an answer to anything. */
  away(gone: boolean): void;
  /** What is held goes on to the vendor; resolves when it has been answered there. */
  release(): Promise<void>;
  close(): Promise<void>;
};

export async function faultyProxy(
  upstream: string,
  changes: (request: Pick<IncomingMessage, 'method' | 'url'>) => boolean,
): Promise<FaultyProxy> {
  let armed: WireFault | null = null;
  let isGone = false;
  let held: (() => Promise<void>)[] = [];
  const server = createServer((request, response) => {
    if (isGone) return void request.socket.destroy();
    const fault = changes(request) ? armed : null;
    if (fault !== null) armed = null;
    if (fault === 'lose-before') return void request.socket.destroy();
    if (fault === 'hold') return hold(request);
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

  /** Only when all of it has come is the one who sent it cut off. */
  function hold(request: IncomingMessage): void {
    const { method = 'GET', headers, url } = request;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      held.push(() => carriedOut(new URL(url ?? '/', upstream), method, headers, Buffer.concat(chunks)));
      request.socket.destroy();
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next(fault) {
      armed = fault;
    },
    away(gone) {
      isGone = gone;
    },
    async release() {
      const now = held;
      held = [];
      for (const one of now) await one();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function carriedOut(
  target: URL,
  method: string,
  headers: IncomingMessage['headers'],
  body: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onwards = send(target, { method, headers: { ...headers, host: target.host } }, (answer) => {
      answer.resume();
      answer.once('end', resolve);
    });
    onwards.once('error', reject);
    onwards.end(body);
  });
}
