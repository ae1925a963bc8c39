/** An HTTP server that does what its protocol says, or has one of the faults that such servers have. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
/**
 * `silent`: takes the request and never answers. `executed-then-silent`: does what was asked, and never answers. `garbage`:
 * answers with what is no HTTP. `endless`: an answer that does not end.
 */
export type Fault = 'silent' | 'executed-then-silent' | 'garbage' | 'endless' | Reply;

export interface FaultyServer {
  readonly url: string;
  /** Everything that came in, faults included. */
  readonly received: Received[];
  /** The next requests have these faults, one each. */
  fail(...faults: readonly Fault[]): void;
  close(): Promise<void>;
}

export async function startFaultyServer(work: (request: Received) => Reply): Promise<FaultyServer> {
  const received: Received[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, path, headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      const fault = faults.shift();
      if (fault === 'silent') return;
      if (fault === 'garbage') {
        request.socket.end('this is no HTTP\r\n\r\n');
        return;
      }
      if (fault === 'endless') {
        response.writeHead(500);
        const more = (): boolean => response.write('x'.repeat(8_192));
        while (more());
        response.on('drain', more);
        return;
      }
      if (fault !== undefined && fault !== 'executed-then-silent') {
        response.writeHead(fault.status, fault.headers).end(fault.body);
        return;
      }
      const reply = work(one);
      if (fault === 'executed-then-silent') return;
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    fail: (...more) => void faults.push(...more),
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
