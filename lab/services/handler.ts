/** What a service does with a request: its own work in a slot, then its calls to other services. */
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { type DownstreamCall, type Route, replicaLimits } from '../topology.ts';
import { call } from './client.ts';
import { Failure } from './failure.ts';
import type { Replica } from './replica-type.ts';
import type { Trace } from './trace.ts';

export interface Work {
  path: string;
  id: string;
  trace: Trace;
  /** Aborts when the caller has gone. */
  signal: AbortSignal;
}

export type Handler = (work: Work) => Promise<void>;

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function createHandler(replica: Replica): Handler {
  const agent = new Agent({ keepAlive: true });
  let turn = Math.floor(replica.random() * 1000);

  const callDownstream = async ({ trace, id }: Work, { service, path }: DownstreamCall): Promise<void> => {
    const ports = replica.endpoints[service] ?? [];
    turn += 1;
    const port = ports[turn % ports.length];
    if (port === undefined) throw new Failure(503, 'no_endpoint', `no replica of ${service} is available`);
    const timeoutMs = replica.spec.downstreamTimeoutMs;
    const body = JSON.stringify({ id });
    await call(replica.telemetry, trace, {
      peer: service,
      method: 'POST',
      path,
      port,
      timeoutMs,
      agent,
      body,
    });
  };

  return async (work) => {
    const route = replica.spec.routes[work.path];
    if (!route) throw new Failure(404, 'not_found', `there is nothing at ${work.path}`);
    if (replica.behaviour.hung) await new Promise(() => {});
    await replica.limiter.run(work.signal, () => ownWork(replica, work, route));
    for (const downstream of route.calls) await callDownstream(work, downstream);
  };
}

async function ownWork(replica: Replica, work: Work, route: Route): Promise<void> {
  await sufferDisturbances(replica, work.id);
  const digest = fingerprint(work.id);
  await askDependency(replica, work, route.costMs);
  await replica.journal.append(
    `${JSON.stringify({ at: Date.now(), id: work.id, path: work.path, digest })}\n`,
  );
}

async function sufferDisturbances({ behaviour, random }: Replica, id: string): Promise<void> {
  for (const { errorRate, latencyMs, message } of behaviour.current()) {
    if (latencyMs > 0) await sleep(latencyMs * (0.85 + random() * 0.3));
    if (random() < errorRate) throw new Failure(500, 'internal', message.replace('{id}', id));
  }
}

/** A little honest computing for every request. */
function fingerprint(id: string): string {
  let digest = id;
  for (let round = 0; round < 50; round += 1) digest = createHash('sha256').update(digest).digest('hex');
  return digest;
}

async function askDependency(replica: Replica, { trace }: Work, costMs: number): Promise<void> {
  const connection = await replica.pool.acquire();
  let broken = true;
  try {
    await call(replica.telemetry, trace, {
      peer: replica.spec.dependency,
      method: 'GET',
      path: `/v1/lookup?cost=${costMs}`,
      port: replica.start.dependencyPort,
      timeoutMs: replicaLimits.dependencyTimeoutMs,
      agent: connection.agent,
    });
    broken = false;
  } finally {
    replica.pool.release(connection, broken);
  }
}
