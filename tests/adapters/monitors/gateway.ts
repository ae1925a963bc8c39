/** Stands before a real server and has the faults that networks and gateways have, until it has none again. */
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

export type GatewayFault =
  /** Nobody ever answers. */
  | 'silent'
  | 'reset'
  /** Half of the answer, as if it were all. */
  | 'half'
  /** More than anybody holds, after the head of the answer. */
  | 'endless'
  /** An answer of itself. */
  | { readonly status: number; readonly body: string; readonly type: string }
  /** The true answer, by another clock. */
  | { readonly aheadMs: number };

export interface Gateway {
  readonly url: string;
  fault: GatewayFault | null;
  /** Bytes of the last answer that was endless. */
  sent: number;
  close(): Promise<void>;
}

const piece = 'x'.repeat(1024 * 1024);

export async function startGateway(upstream: string): Promise<Gateway> {
  const server = createServer((request, response) => {
    const { fault } = gateway;
    if (fault === 'silent') return void request.resume();
    if (fault === 'reset') return void request.socket.destroy();
    if (fault === 'endless') {
      request.resume();
      gateway.sent = 0;
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = setInterval(() => {
        // What is only waiting here has not been taken over there.
        if (response.writableLength > piece.length) return;
        gateway.sent += piece.length;
        response.write(piece);
      }, 10);
      response.on('close', () => clearInterval(more));
      return;
    }
    if (fault !== null && typeof fault === 'object' && 'status' in fault) {
      request.resume();
      response.writeHead(fault.status, { 'content-type': fault.type }).end(fault.body);
      return;
    }
    void forwarded(request, upstream).then(
      ({ status, headers, body }) => {
        const kept = fault === 'half' ? body.subarray(0, Math.floor(body.length / 2)) : body;
        const aheadMs = fault !== null && typeof fault === 'object' ? fault.aheadMs : 0;
        response.writeHead(status, {
          ...headers,
          'content-length': kept.length,
          date: new Date(Date.now() + aheadMs).toUTCString(),
        });
        response.end(kept);
      },
      () => request.socket.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gateway: Gateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fault: null,
    sent: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return gateway;
}

type Answer = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
};

function forwarded(request: IncomingMessage, upstream: string): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const target = new URL(request.url ?? '/', upstream);
  const headers = { ...request.headers, host: target.host };
  const onwards = send(target, { method: request.method ?? 'GET', headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => {
      const { 'transfer-encoding': _, ...rest } = answer.headers;
      resolve({ status: answer.statusCode ?? 502, headers: rest, body: Buffer.concat(chunks) });
    });
    answer.on('error', reject);
  });
  onwards.on('error', reject);
  request.pipe(onwards);
  return promise;
}
