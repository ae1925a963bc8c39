/**
 * Stands in front of an HTTP server, tells which requests came by, and holds back those that a test asks it to, so that
 * "in the midst of this call" is a moment that a test can wait for.
 */
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = (line: string) => boolean;

export interface HoldingProxy {
  readonly url: string;
  /** `GET /path?query` of every request so far, in order. */
  readonly lines: readonly string[];
  /** From now on requests that fit wait; they go on with `release`. */
  hold(asked: Asked): void;
  /** How many wait now; those whose caller went away are not counted. */
  readonly held: number;
  release(): void;
  close(): Promise<void>;
}

export async function startProxy(targetUrl: string): Promise<HoldingProxy> {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let asked: Asked = () => false;

  function held(response: ServerResponse): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        waiting.delete(goOn);
        resolve();
      };
      waiting.add(goOn);
      response.once('close', goOn);
    });
  }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${request.url}`;
    lines.push(line);
    if (asked(line)) await held(response);
    if (response.destroyed) return; // the caller went away while it waited
    const { method, headers } = request;
    const onward = forward(new URL(request.url ?? '/', targetUrl), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.once('error', () => response.destroy());
    request.pipe(onward);
  }

  const server = createServer((request, response) => void pass(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const release = (): void => {
    asked = () => false;
    for (const goOn of [...waiting]) goOn();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lines,
    hold(which) {
      asked = which;
    },
    get held() {
      return waiting.size;
    },
    release,
    async close() {
      release();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
