/**
 * Stands before ministack, counts the effects that arrive there, and tells of the deployments of the past, which ministack does
 * not keep: those that it itself has shown as complete.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

export interface EcsEffect {
  /** `UpdateService` */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** Name of the session it was made in; empty outside of one. */
  readonly session: string;
  readonly status: number;
}

export interface EcsProxy {
  readonly url: string;
  /** Everything that is neither a reading nor the way to a session, in the order in which it arrived. */
  readonly effects: readonly EcsEffect[];
  close(): Promise<void>;
}

const describedSchema = z.object({
  services: z.array(
    z.object({
      serviceName: z.string(),
      deployments: z.array(
        z.object({
          id: z.string(),
          taskDefinition: z.string(),
          createdAt: z.number(),
          rolloutState: z.string(),
        }),
      ),
    }),
  ),
});
type Past = z.infer<typeof describedSchema>['services'][number]['deployments'][number];

export async function startEcsProxy(upstream: string): Promise<EcsProxy> {
  const effects: EcsEffect[] = [];
  const sessions = new Map<string, string>();
  /** Of each service, by id of the deployment. */
  const past = new Map<string, Map<string, Past>>();
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
    const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers;
    const target = String(headers['x-amz-target'] ?? '');
    const operation = target.slice(target.indexOf('.') + 1);
    const kept = target === '' ? null : keptAnswer(operation, JSON.parse(body));
    if (kept !== null) {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(kept));
      return;
    }
    const answer = await fetch(`${upstream}${request.url ?? '/'}`, {
      method: request.method ?? 'POST',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body,
    });
    const text = await answer.text();
    if (target === '') rememberSession(body, text);
    else if (operation === 'DescribeServices' && answer.ok) remember(text);
    else if (!/^(Describe|List)/.test(operation)) {
      const key = /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
      const session = sessions.get(key) ?? '';
      effects.push({ operation, input: JSON.parse(body), session, status: answer.status });
    }
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(text);
  }

  function rememberSession(body: string, answer: string): void {
    const name = new URLSearchParams(body).get('RoleSessionName');
    const key = /<AccessKeyId>([^<]*)/.exec(answer)?.[1];
    if (name !== null && key !== undefined) sessions.set(key, name);
  }

  function remember(answer: string): void {
    for (const { serviceName, deployments } of describedSchema.parse(JSON.parse(answer)).services) {
      const known = past.get(serviceName) ?? new Map<string, Past>();
      for (const one of deployments) if (one.rolloutState === 'COMPLETED') known.set(one.id, one);
      past.set(serviceName, known);
    }
  }

  /** Null: ministack is to answer. The id of a deployment stands for its revision. */
  function keptAnswer(operation: string, input: Record<string, unknown>): object | null {
    switch (operation) {
      case 'ListServiceDeployments':
        return {
          serviceDeployments: [...(past.get(String(input.service))?.values() ?? [])].map(
            ({ id, createdAt }) => ({ status: 'SUCCESSFUL', createdAt, targetServiceRevisionArn: id }),
          ),
        };
      case 'DescribeServiceRevisions': {
        const asked = new Set(input.serviceRevisionArns as string[]);
        const all = [...past.values()].flatMap((one) => [...one.values()]);
        return {
          serviceRevisions: all
            .filter(({ id }) => asked.has(id))
            .map(({ id, taskDefinition }) => ({ serviceRevisionArn: id, taskDefinition })),
        };
      }
      default:
        return null;
    }
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
