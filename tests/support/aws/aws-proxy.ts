/**
 * Stands before a server that speaks the query protocol of AWS: has the faults that such servers do not, and moves the launch time
 * of an instance with every start, as EC2 does and moto does not.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `lost`: passed on, and never answered; `broken`: passed on, then the connection ends. `silent` and `reset`: not passed on. */
export type ProxyFault =
  | 'lost'
  | 'broken'
  | 'silent'
  | 'reset'
  /** Answered with success, without having been passed on. */
  | 'taken'
  | { readonly status: number; readonly code: string; readonly message?: string };

export interface ProxiedCall {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  /** The server behind has had it. */
  passed: boolean;
}
export interface AwsProxy {
  readonly url: string;
  readonly calls: ProxiedCall[];
  /** The next calls of this action have these faults, one each. */
  fail(action: string, ...faults: ProxyFault[]): void;
  /** No faults any more. */
  heal(): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startAwsProxy(upstream: string): Promise<AwsProxy> {
  const calls: ProxiedCall[] = [];
  const faults = new Map<string, ProxyFault[]>();
  const launches = new Map<string, string>();
  const server = createServer((request, response) => {
    // What goes wrong here is an answer that does not come: the test that waits for it says so.
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const input = Object.fromEntries(new URLSearchParams(body));
    const action = input.Action ?? '';
    const call: ProxiedCall = { action, input, passed: false };
    calls.push(call);
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
    const text = launchedAgain(await answer.text(), launches);
    call.passed = true;
    const started = input['InstanceId.1'];
    if (action === 'StartInstances' && input.DryRun !== 'true' && answer.ok && started !== undefined)
      launches.set(started, new Date().toISOString());
    if (fault === 'broken') request.socket.destroy();
    if (fault === 'lost' || fault === 'broken') return;
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' });
    response.end(text);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    fail(action, ...more) {
      faults.set(action, [...(faults.get(action) ?? []), ...more]);
    },
    heal: () => faults.clear(),
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

function launchedAgain(text: string, launches: ReadonlyMap<string, string>): string {
  return text.replace(
    /(<instanceId>(i-[0-9a-f]+)<\/instanceId>(?:(?!<instanceId>)[\s\S])*?<launchTime>)([^<]*)/g,
    (_, before: string, id: string, given: string) => `${before}${launches.get(id) ?? given}`,
  );
}
