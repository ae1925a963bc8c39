/**
 * The telemetry of a practice shop. It is made from the state of the shop and the time, never from how long anything took:
 * on a machine that is busy it comes later and says the same. What could not be delivered is delivered later, in order, as
 * a collector with a queue would.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { OtlpSignal } from '../../../ingest/otlp/decode.ts';
import type { ManagedService } from '../../../lab/supervisor/service.ts';
import type { Task } from '../../../lab/supervisor/task.ts';
import { encodeRequest, type Json, nano } from '../../ingest/support/otlp.ts';
import { type Replica, resourceOf, telemetryOf } from './telemetry.ts';

/** Sent in one request, so that a detector has seen what it wants to have seen before it judges. */
const pastSeconds = 60;
/** Of a service, shared by its replicas: more of them do not bring more customers. */
const requestsOfService = 20;

export interface ShopTraffic {
  /** Resolves when every second that is over by now is delivered. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

interface Given {
  readonly url: string;
  readonly environment: string;
  readonly services: ReadonlyMap<string, ManagedService>;
}

export function startShopTraffic({ url, environment, services }: Given): ShopTraffic {
  const stopping = new AbortController();
  const { signal } = stopping;
  const openedMs = Math.floor(Date.now() / 1000) * 1000;
  let nextMs = openedMs - pastSeconds * 1000;

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      // Later each second is a request of its own, as an exporter makes them.
      const most = nextMs < openedMs ? pastSeconds : 1;
      const due = Math.min(most, Math.floor((Date.now() - nextMs) / 1000));
      if (due < 1) {
        await pause(50);
        continue;
      }
      const seconds = Array.from({ length: due }, (_, index) => nextMs + index * 1000);
      for (const [signalName, request] of requestsOf([...services.values()], environment, seconds))
        await deliver(`${url}/v1/${signalName}`, encodeRequest(signalName, 'protobuf', request), signal);
      nextMs += due * 1000;
    }
  };
  const running = run();
  running.catch(() => {}); // thrown at the stop, and to whoever waits
  const until = async (atMs: number): Promise<void> => {
    while (nextMs + 1000 <= atMs && !signal.aborted) await pause(20);
  };
  return {
    caughtUp: () => Promise.race([until(Date.now()), running]),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function requestsOf(
  services: readonly ManagedService[],
  environment: string,
  seconds: readonly number[],
): [OtlpSignal, Json][] {
  const scope = { name: 'shop' };
  const replicas = services.flatMap((service) => {
    const { name, tasks } = service;
    const requests = Math.ceil(requestsOfService / tasks.length);
    return tasks.map((task) => {
      const replica: Replica = { environment, service: name, instance: task.taskId, version: task.release };
      const parts = seconds.map((startMs) =>
        telemetryOf(replica, { startMs, requests, ...failuresOf(service, task, requests) }),
      );
      const resource = resourceOf(replica);
      return {
        traces: { resource, scopeSpans: [{ scope, spans: parts.flatMap(({ spans }) => spans) }] },
        logs: { resource, scopeLogs: [{ scope, logRecords: parts.flatMap(({ logs }) => logs) }] },
        metrics: {
          resource,
          scopeMetrics: [{ scope, metrics: resources.map((one) => gauge(one, seconds)) }],
        },
      };
    });
  });
  // Metrics last: a service that is heard of and whose calls are still on their way would seem to get none.
  return [
    ['traces', { resourceSpans: replicas.map(({ traces }) => traces) }],
    ['logs', { resourceLogs: replicas.map(({ logs }) => logs) }],
    ['metrics', { resourceMetrics: replicas.map(({ metrics }) => metrics) }],
  ];
}

/** Nothing is ever short. */
const resources = [
  { name: 'container.state.running', unit: '1', value: 1 },
  { name: 'process.cpu.utilization', unit: '1', value: 0.1 },
  { name: 'process.memory.usage', unit: 'By', value: 64 * 1024 * 1024 },
  { name: 'process.memory.limit', unit: 'By', value: 256 * 1024 * 1024 },
];

function gauge({ name, unit, value }: (typeof resources)[number], seconds: readonly number[]): Json {
  const dataPoints = seconds.map((startMs) => ({ timeUnixNano: nano(startMs + 999), asDouble: value }));
  return { name, unit, gauge: { dataPoints } };
}

/** What its faults and the defect of its release do to a replica's requests. */
function failuresOf(
  service: ManagedService,
  task: Task,
  requests: number,
): { failed: number; message?: string } {
  const failed = (rate: number): number => Math.ceil(rate * requests);
  for (const { fault } of task.faults.values())
    if (fault.kind === 'error-burst') return { failed: failed(fault.errorRate), message: fault.message };
  const { errorRate = 0 } = service.releases.find(task.release)?.defect ?? {};
  if (errorRate === 0) return { failed: 0 };
  const message = "TypeError: Cannot read properties of undefined (reading 'amount') at request {id}";
  return { failed: failed(errorRate), message };
}

/** Until it is taken. A refusal is an error of the test: nothing here may be refused. */
async function deliver(url: string, body: Uint8Array, signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' };
  while (!signal.aborted) {
    const status = await fetch(url, { method: 'POST', headers, body: Buffer.from(body), signal }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      () => 0, // nobody is there, or no longer
    );
    if (status === 200) return;
    if (status !== 0 && status !== 429 && status !== 503) throw new Error(`${url}: status ${status}`);
    await pause(100);
  }
}
