/** Stands before a server that speaks the query protocol of AWS, and has the faults that such servers do not. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `lost`: passed on, and never answered. `silent`: neither. `reset`: the connection ends without an answer. */
export type ProxyFault =
  | 'lost'
  | 'silent'
  | 'reset'
  /** Answered with success, without having been passed on. */
  | 'taken'
  | { readonly status: number; readonly code: string; readonly message?: string };

export interface ProxiedCall {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
}
export interface AwsProxy {
  readonly url: string;
  readonly calls: ProxiedCall[];
  /** The next calls of this action have these faults, one each. */
  fail(action: string, ...faults: ProxyFault[]): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startAwsProxy(upstream: string): Promise<AwsProxy> {
  const calls: ProxiedCall[] = [];
  const faults = new Map<string, ProxyFault[]>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const input = Object.fromEntries(new URLSearchParams(body));
    const action = input.Action ?? '';
    calls.push({ action, input });
    const fault = faults.get(action)?.shift();
    if (fault === 'silent') return;
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fault === 'taken') {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(`<${action}Response/>`);
      return;
    }
    if (typeof fault === 'object') {
      const { status, code, message = 'as the test wants it' } = fault;
      response.writeHead(status, { 'content-type': 'text/xml' });
      response.end(
        `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>x</RequestID></Response>`,
      );
      return;
    }
    const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
    const answer = await fetch(`${upstream}${request.url}`, {
      method: request.method ?? 'POST',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body,
    });
    const text = await answer.text();
    if (fault === 'lost') return;
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fail(action, ...more) {
      faults.set(action, [...(faults.get(action) ?? []), ...more]);
    },
    reset() {
      calls.length = 0;
      faults.clear();
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
