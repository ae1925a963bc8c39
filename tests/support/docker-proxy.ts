/** A proxy before the socket of an engine: it writes down every request, lets some not through, and loses answers. */

import { mkdtempSync, rmSync } from 'node:fs';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `lost-before`: the engine never hears of it. `lost-after`: the engine does it, and nobody hears of that. `broken`: half an
 * answer. `held`: nobody gets an answer, and the engine hears of it when it is released. A status: the proxy's own answer.
 */
export type ProxyFault =
  | 'lost-before'
  | 'lost-after'
  | 'broken'
  | 'held'
  | { readonly status: number; readonly body?: string };

export interface DockerProxy {
  readonly url: string;
  /** `POST /containers/<id>/restart`, in the order in which they came. */
  readonly requests: string[];
  /** The next request that matches has this fault. */
  once(request: RegExp, fault: ProxyFault): void;
  /** Every request that matches, from now on. */
  always(request: RegExp, fault: ProxyFault): void;
  /** What is held goes on to the engine; resolves when it has been answered there. */
  release(): Promise<void>;
  /** No faults from now on, and nothing written down yet. What is held stays so. */
  reset(): void;
  close(): Promise<void>;
}

export async function startDockerProxy(engineSocket: string): Promise<DockerProxy> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-docker-proxy-'));
  const socketPath = join(dir, 'proxy.sock');
  const requests: string[] = [];
  let held: (() => Promise<void>)[] = [];
  let faults: { request: RegExp; fault: ProxyFault; once: boolean }[] = [];

  function faultOf(line: string): ProxyFault | undefined {
    const found = faults.find(({ request }) => request.test(line));
    if (found?.once) faults = faults.filter((one) => one !== found);
    return found?.fault;
  }

  /** Only when all of it has come is the one who sent it cut off. */
  function hold(incoming: IncomingMessage): void {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      held.push(() => carriedOut(engineSocket, incoming, Buffer.concat(chunks)));
      incoming.socket.destroy();
    });
  }

  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url?.replace(/\?.*/, '')}`;
    requests.push(line);
    const fault = faultOf(line);
    if (typeof fault === 'object') {
      const body = fault.body ?? JSON.stringify({ message: `the proxy says ${fault.status}` });
      outgoing
        .writeHead(fault.status, { 'content-type': 'application/json' })
        .end(fault.status === 304 ? undefined : body);
    } else if (fault === 'lost-before') incoming.socket.destroy();
    else if (fault === 'held') hold(incoming);
    else if (fault === 'broken') {
      outgoing
        .writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
        .write('{"Id":');
      setImmediate(() => incoming.socket.destroy());
    } else forward(engineSocket, incoming, outgoing, fault === 'lost-after');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    url: `unix://${socketPath}`,
    requests,
    once: (request, fault) => void faults.push({ request, fault, once: true }),
    always: (request, fault) => void faults.push({ request, fault, once: false }),
    async release() {
      const now = held;
      held = [];
      for (const one of now) await one();
    },
    reset() {
      faults = [];
      requests.length = 0;
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function forward(
  socketPath: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  loses: boolean,
): void {
  const { method, url: path, headers } = incoming;
  const upstream = ask({ socketPath, method, path, headers }, (answer) => {
    answer.once('error', () => outgoing.destroy());
    if (loses) {
      answer.resume();
      answer.once('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.once('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}

function carriedOut(
  socketPath: string,
  { method, url: path, headers }: IncomingMessage,
  body: Buffer,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const upstream = ask({ socketPath, method, path, headers }, (answer) => {
      answer.resume();
      answer.once('end', resolve);
    });
    upstream.once('error', reject);
    upstream.end(body);
  });
}
