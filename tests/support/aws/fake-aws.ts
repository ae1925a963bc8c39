/**
 * Speaks the protocols of ECS and Application Auto Scaling (JSON 1.1), STS and IAM (query and XML), and judges every request by the policies that its identity
 * has: a base that may only assume roles, a role for reading, a role for effects, and sessions that may do less.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Policy } from '../../../adapters/aws/rights.ts';
import { FakeEcs, Refused } from './fake-ecs.ts';
import { FakeScaling } from './fake-scaling.ts';
import { type Asked, deniedBy } from './policies.ts';

export interface AwsCall {
  /** `ecs:UpdateService` */
  readonly action: string;
  readonly input: Record<string, unknown>;
  /** Name of the session it came with; `base` for none. */
  readonly session: string;
  readonly denied: boolean;
  /** It was carried out, whatever was answered. */
  done: boolean;
}
/**
 * `lost`: done, and never answered; `broken`: done, then the connection ends. `silent` and `reset`: the same without the effect.
 * `held`: the connection ends, and it is judged and done when it is released.
 */
export type AwsFault =
  | 'lost'
  | 'broken'
  | 'silent'
  | 'reset'
  | 'held'
  | 'garbage'
  | { readonly status: number; readonly type: string; readonly message?: string };

interface Session {
  readonly name: string;
  readonly role: string;
  readonly policy: Policy | null;
}

export const account = '123456789012';
export const region = 'eu-central-1';
export const readRole = `arn:aws:iam::${account}:role/sentinel-read`;
export const writeRole = `arn:aws:iam::${account}:role/sentinel-write`;
export const base = { accessKeyId: 'AKIABASE', secretAccessKey: 'base-secret-key-never-shown' };

export interface FakeAws {
  readonly url: string;
  readonly ecs: FakeEcs;
  readonly scaling: FakeScaling;
  readonly calls: AwsCall[];
  /** Policies of the roles. */
  readonly policies: { read: Policy; write: Policy };
  nowMs: () => number;
  /** Account that the credentials belong to. */
  account: string;
  /** The next calls of this action have these faults, one each. */
  fail(action: string, ...faults: AwsFault[]): void;
  /** Nobody gets an answer to anything. */
  away(): void;
  /** Readings say once more what they said last, as far as they were asked before. */
  lag(): void;
  /** What is held arrives. */
  release(): void;
  /** That are open now. */
  connections(): Promise<number>;
  /** No faults any more. */
  heal(): void;
  reset(): void;
  close(): Promise<void>;
}

export async function startFakeAws(): Promise<FakeAws> {
  const calls: AwsCall[] = [];
  const faults = new Map<string, AwsFault[]>();
  const sessions = new Map<string, Session>();
  const answers = new Map<string, string>();
  const held: (() => void)[] = [];
  let [gone, lagging] = [false, false];
  const nobody: Policy = { Version: '2012-10-17', Statement: [] };

  const server = createServer((request, response) => {
    if (gone) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const key = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const target = request.headers['x-amz-target'];
      const isJson = typeof target === 'string';
      const input = isJson
        ? (JSON.parse(body) as Record<string, unknown>)
        : Object.fromEntries(new URLSearchParams(body));
      const operation = isJson ? target.slice(target.indexOf('.') + 1) : String(input.Action);
      const isScaling = isJson && target.startsWith('AnyScaleFrontendService.');
      const jsonPrefix = isScaling ? 'application-autoscaling' : 'ecs';
      const prefix = isJson ? jsonPrefix : operation === 'SimulatePrincipalPolicy' ? 'iam' : 'sts';
      const action = `${prefix}:${operation}`;
      const session = sessions.get(key);
      const denied = session === undefined ? prefix !== 'sts' : isDenied(action, input, session);
      const call: AwsCall = { action, input, session: session?.name ?? 'base', denied, done: false };
      calls.push(call);
      const fault = faults.get(action)?.shift();
      if (fault === 'silent') return;
      if (fault === 'reset') {
        request.socket.destroy();
        return;
      }
      if (fault === 'held') {
        held.push(() => arrive(call, operation, session));
        request.socket.destroy();
        return;
      }
      if (fault === 'garbage') {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>this is no AWS</html>');
        return;
      }
      const refuse = (status: number, type: string, message: string): void => {
        const said = isJson
          ? JSON.stringify({ __type: type, message })
          : `<ErrorResponse><Error><Type>Sender</Type><Code>${type}</Code><Message>${message}</Message></Error></ErrorResponse>`;
        response.writeHead(status, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' });
        response.end(said);
      };
      if (typeof fault === 'object') {
        refuse(fault.status, fault.type, fault.message ?? 'as the test wants it');
        return;
      }
      if (denied) {
        refuse(
          400,
          'AccessDeniedException',
          `${session?.name ?? 'base'} is not authorized to perform: ${action}`,
        );
        return;
      }
      try {
        const isReading = /^ecs:(Describe|List)/.test(action);
        const before = lagging && isReading ? answers.get(operation + body) : undefined;
        const answer =
          before ??
          (isJson
            ? JSON.stringify((isScaling ? fake.scaling : fake.ecs).answer(operation, input))
            : query(operation, input, session));
        if (isReading) answers.set(operation + body, answer);
        call.done = true;
        if (fault === 'broken') request.socket.destroy();
        if (fault === 'lost' || fault === 'broken') return;
        response.writeHead(200, { 'content-type': isJson ? 'application/x-amz-json-1.1' : 'text/xml' });
        response.end(answer);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refuse(400, error.type, error.message);
      }
    });
  });
  // On a busy machine a connection that is closed for being idle may be just the one that the next request takes.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const fake: FakeAws & { ecs: FakeEcs; scaling: FakeScaling } = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ecs: new FakeEcs(),
    scaling: new FakeScaling(),
    calls,
    policies: { read: nobody, write: nobody },
    nowMs: Date.now,
    account,
    fail(action, ...more) {
      faults.set(action, [...(faults.get(action) ?? []), ...more]);
    },
    away() {
      gone = true;
    },
    lag() {
      lagging = true;
    },
    release() {
      for (const one of held.splice(0)) one();
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    heal() {
      faults.clear();
      [gone, lagging] = [false, false];
    },
    reset() {
      answers.clear();
      calls.length = 0;
      faults.clear();
      sessions.clear();
      Object.assign(fake, { ecs: new FakeEcs(), scaling: new FakeScaling(), nowMs: Date.now, account });
      Object.assign(fake.policies, { read: nobody, write: nobody });
    },
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
  return fake;

  /** By the rights that there are now, and by the time it is now. */
  function arrive(call: AwsCall, operation: string, session: Session | undefined): void {
    if (session === undefined || isDenied(call.action, call.input, session)) return;
    try {
      fake.ecs.answer(operation, call.input);
      call.done = true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  function isDenied(action: string, input: Record<string, unknown>, { role, policy }: Session): boolean {
    if (action === 'sts:GetCallerIdentity') return false;
    const asked = askedOf(action, input);
    const granted = role === writeRole ? fake.policies.write : fake.policies.read;
    return deniedBy(granted, asked) !== null || (policy !== null && deniedBy(policy, asked) !== null);
  }

  function askedOf(action: string, input: Record<string, unknown>): Asked {
    const arn = `arn:aws:ecs:${region}:${account}`;
    const cluster = String(input.cluster ?? 'main');
    const full = (one: unknown) =>
      String(one).startsWith('arn:') ? String(one) : `${arn}:service/${cluster}/${String(one)}`;
    const context: Record<string, string> = {
      'aws:CurrentTime': new Date(fake.nowMs()).toISOString(),
      'ecs:cluster': `${arn}:cluster/${cluster}`,
    };
    const of = (...resources: string[]): Asked => ({ action, resources, context });
    switch (action) {
      case 'ecs:DescribeServices':
        return of(...(input.services as string[]).map(full));
      case 'ecs:DescribeTasks':
        return of(...(input.tasks as string[]));
      case 'ecs:DescribeServiceRevisions':
        return of(...(input.serviceRevisionArns as string[]));
      case 'ecs:UpdateService': {
        const service = fake.ecs.services.get(String(input.service));
        for (const { key, value } of service?.tags ?? []) context[`aws:ResourceTag/${key}`] = value;
        return of(full(input.service));
      }
      case 'ecs:ListServiceDeployments':
        return of(full(input.service));
      case 'ecs:StopTask':
        return of(String(input.task));
      case 'iam:SimulatePrincipalPolicy':
        return of(String(input.PolicySourceArn));
      default:
        return of('*');
    }
  }

  function query(operation: string, input: Record<string, unknown>, session: Session | undefined): string {
    switch (operation) {
      case 'AssumeRole': {
        const key = `ASIA${sessions.size + 1}`;
        const policy = typeof input.Policy === 'string' ? (JSON.parse(input.Policy) as Policy) : null;
        sessions.set(key, { name: String(input.RoleSessionName), role: String(input.RoleArn), policy });
        const until = new Date(Date.now() + Number(input.DurationSeconds) * 1_000).toISOString();
        return result(
          operation,
          `<Credentials><AccessKeyId>${key}</AccessKeyId><SecretAccessKey>session-secret</SecretAccessKey><SessionToken>session-token</SessionToken><Expiration>${until}</Expiration></Credentials>`,
        );
      }
      case 'GetCallerIdentity': {
        const role = session?.role.slice(session.role.lastIndexOf('/') + 1) ?? 'base';
        return result(
          operation,
          `<Arn>arn:aws:sts::${fake.account}:assumed-role/${role}/x</Arn><UserId>x</UserId><Account>${fake.account}</Account>`,
        );
      }
      case 'SimulatePrincipalPolicy': {
        const policy = input.PolicySourceArn === writeRole ? fake.policies.write : fake.policies.read;
        const list = (name: string) =>
          Object.entries(input)
            .filter(([key]) => key.startsWith(`${name}.member.`))
            .map(([, value]) => String(value));
        const context = Object.fromEntries(
          Object.entries(input)
            .filter(([key]) => key.endsWith('.ContextKeyName'))
            .map(([key, name]) => [
              String(name),
              String(input[key.replace('.ContextKeyName', '.ContextKeyValues.member.1')]),
            ]),
        );
        const members = list('ActionNames').flatMap((action) =>
          list('ResourceArns').map((resource) => {
            const denied = deniedBy(policy, { action, resources: [resource], context }) !== null;
            return `<member><EvalActionName>${action}</EvalActionName><EvalResourceName>${resource}</EvalResourceName><EvalDecision>${denied ? 'implicitDeny' : 'allowed'}</EvalDecision></member>`;
          }),
        );
        return result(
          operation,
          `<EvaluationResults>${members.join('')}</EvaluationResults><IsTruncated>false</IsTruncated>`,
        );
      }
      default:
        throw new Refused('InvalidAction', `${operation} is not known here`);
    }
  }
}

function result(operation: string, inner: string): string {
  return `<${operation}Response><${operation}Result>${inner}</${operation}Result><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></${operation}Response>`;
}
