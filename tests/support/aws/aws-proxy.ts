/**
 * Stands before a server that speaks the query protocol of AWS: has the faults that such servers do not, moves the launch time
 * of an instance with every start, and refuses what comes after the time that the policy of a session names, as AWS does and
 * moto does not.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Policy } from '../../../adapters/aws/rights.ts';
import { isDenied, type Judge } from './ec2-judge.ts';

/** `lost`: passed on, and never answered; `broken`: passed on, then the connection ends. `silent` and `reset`: not passed on. */
export type ProxyFault =
  | 'lost'
  | 'broken'
  | 'silent'
  | 'reset'
  /** The connection ends at once, and the call is passed on by `release`. */
  | 'held'
  /** Answered with success, without having been passed on. */
  | 'taken'
  | { readonly status: number; readonly code: string; readonly message?: string };

export interface ProxiedCall {
  readonly action: string;
  readonly input: Readonly<Record<string, string>>;
  /** The server behind has had it. */
  passed: boolean;
  /** It made an instance leave the state that it was in. */
  changed: boolean;
  /** Name of the session it was made in; empty outside of one. */
  readonly session: string;
  /** Its identity may not ask for it. */
  readonly denied: boolean;
}
export interface AwsProxy {
  readonly url: string;
  readonly calls: ProxiedCall[];
  /** By which sessions end, and instances are launched. */
  nowMs: () => number;
  /** Judges every request until `reset`; without, as moto, nobody does. */
  judge: Judge | null;
  /** The next calls of this action have these faults, one each. */
  fail(action: string, ...faults: ProxyFault[]): void;
  /** The next call of this action is answered with this, without having been passed on. */
  answer(action: string, xml: string): void;
  /** Until `heal` nobody gets an answer to anything. */
  away(): void;
  /** Until `heal` every reading that was made before is answered with what is so now. */
  lag(): Promise<void>;
  /** Passes on what is held. */
  release(): Promise<void>;
  /** No faults any more. */
  heal(): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startAwsProxy(upstream: string): Promise<AwsProxy> {
  const calls: ProxiedCall[] = [];
  const faults = new Map<string, ProxyFault[]>();
  const answers = new Map<string, string>();
  const launches = new Map<string, string>();
  const sessions = new Map<string, Session>();
  /** By what was asked: how to ask it again. */
  const readings = new Map<string, Asked>();
  const lagging = new Map<string, string>();
  const held: (() => Promise<unknown>)[] = [];
  let away = false;
  const server = createServer((request, response) => {
    // What goes wrong here is an answer that does not come: the test that waits for it says so.
    handle(request, response).catch(() => request.socket.destroy());
  });
  // On a busy machine a connection that is closed for being idle may be just the one that the next request takes.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const input = Object.fromEntries(new URLSearchParams(body));
    const action = input.Action ?? '';
    const asked: Asked = {
      method: request.method ?? 'POST',
      path: request.url ?? '/',
      headers: headersOf(request),
      body,
    };
    const session = sessions.get(keyOf(request));
    const denied = judged(request, action, input, session);
    const call: ProxiedCall = {
      ...{ action, input, passed: false, changed: false, session: session?.name ?? '', denied },
    };
    calls.push(call);
    if (denied) {
      const refusal = errorOf('UnauthorizedOperation', 'You are not authorized to perform this operation.');
      response.writeHead(403, { 'content-type': 'text/xml' }).end(refusal);
      return;
    }
    if (away) {
      request.socket.destroy();
      return;
    }
    const given = answers.get(action);
    if (given !== undefined) {
      answers.delete(action);
      response.writeHead(200, { 'content-type': 'text/xml' }).end(given);
      return;
    }
    const fault = faults.get(action)?.shift();
    if (fault === 'silent') return;
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fault === 'held') {
      held.push(() => passOn(asked, call, session));
      request.socket.destroy();
      return;
    }
    const earlier = lagging.get(body);
    if (earlier !== undefined) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(earlier);
      return;
    }
    if (fault === 'taken') {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(`<${action}Response/>`);
      return;
    }
    if (typeof fault === 'object') {
      const { status, code, message = 'as the test wants it' } = fault;
      response.writeHead(status, { 'content-type': 'text/xml' }).end(errorOf(code, message));
      return;
    }
    const answer = await passOn(asked, call, session);
    if (fault === 'broken') request.socket.destroy();
    if (fault === 'lost' || fault === 'broken') return;
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.text);
  }

  function judged(
    request: IncomingMessage,
    action: string,
    input: ProxiedCall['input'],
    session: Session | undefined,
  ): boolean {
    if (proxy.judge === null) return false;
    const [, , , region = '', service = ''] = scopeOf(request);
    const asked = { action, input, service, region, nowMs: proxy.nowMs() };
    return isDenied(proxy.judge, { ...asked, session: session ?? null });
  }

  async function passOn(
    { method, path, headers, body }: Asked,
    call: ProxiedCall,
    session?: Session,
  ): Promise<Answer> {
    const { action, input } = call;
    if (session !== undefined && session.untilMs <= proxy.nowMs())
      return {
        status: 403,
        type: 'text/xml',
        text: errorOf('UnauthorizedOperation', 'the policy of the session has ended'),
      };
    const answer = await fetch(`${upstream}${path}`, { method, headers, body });
    const text = launchedAgain(await answer.text(), launches);
    const isEffect = input.DryRun !== 'true' && answer.ok;
    call.passed = true;
    call.changed = isEffect && (action === 'RebootInstances' || leftItsState(text));
    const started = input['InstanceId.1'];
    if (action === 'StartInstances' && isEffect && started !== undefined)
      launches.set(started, new Date(proxy.nowMs()).toISOString());
    if (action === 'AssumeRole' && answer.ok)
      sessions.set(/<AccessKeyId>([^<]*)/.exec(text)?.[1] ?? '', sessionOf(input));
    if (action.startsWith('Describe') && answer.ok) readings.set(body, { method, path, headers, body });
    return { status: answer.status, type: answer.headers.get('content-type') ?? 'text/xml', text };
  }

  const proxy: AwsProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    nowMs: Date.now,
    judge: null,
    away() {
      away = true;
    },
    async lag() {
      for (const { method, path, headers, body } of readings.values()) {
        const answer = await fetch(`${upstream}${path}`, { method, headers, body });
        lagging.set(body, launchedAgain(await answer.text(), launches));
      }
    },
    async release() {
      for (const pass of held.splice(0)) await pass();
    },
    fail(action, ...more) {
      faults.set(action, [...(faults.get(action) ?? []), ...more]);
    },
    answer: (action, xml) => void answers.set(action, xml),
    heal() {
      away = false;
      faults.clear();
      lagging.clear();
    },
    reset() {
      calls.length = 0;
      answers.clear();
      proxy.judge = null;
      proxy.heal();
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  return proxy;
}

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
type Answer = { readonly status: number; readonly type: string; readonly text: string };
type Session = {
  readonly name: string;
  readonly role: string;
  readonly policy: Policy | null;
  readonly untilMs: number;
};

function headersOf(request: IncomingMessage): Readonly<Record<string, string>> {
  const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The id of the key that a request is signed with. */
function keyOf(request: IncomingMessage): string {
  return scopeOf(request)[1] ?? '';
}

/** Everything, key, date, region and service of its signature. */
function scopeOf({ headers }: IncomingMessage): readonly string[] {
  return /Credential=([^/]+)\/([^/]+)\/([^/]+)\/([^/]+)/.exec(headers.authorization ?? '') ?? [];
}

function sessionOf({
  RoleSessionName: name = '',
  RoleArn: role = '',
  Policy,
}: ProxiedCall['input']): Session {
  const until = /"aws:CurrentTime":"([^"]+)"/.exec(Policy ?? '')?.[1];
  const policy = Policy === undefined ? null : JSON.parse(Policy);
  const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  return { name, role, policy, untilMs };
}

function leftItsState(text: string): boolean {
  const codeIn = (part: string) => new RegExp(`<${part}>\\s*<code>(\\d+)`).exec(text)?.[1];
  return codeIn('previousState') !== codeIn('currentState');
}

function errorOf(code: string, message: string): string {
  return `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>x</RequestID></Response>`;
}

function launchedAgain(text: string, launches: ReadonlyMap<string, string>): string {
  return text.replace(
    /(<instanceId>(i-[0-9a-f]+)<\/instanceId>(?:(?!<instanceId>)[\s\S])*?<launchTime>)([^<]*)/g,
    (_, before: string, id: string, given: string) => `${before}${launches.get(id) ?? given}`,
  );
}
