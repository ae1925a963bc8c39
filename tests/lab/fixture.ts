/** A running lab with a receiver of its telemetry, and the conditions that tests wait for. */
import type { LoadStats } from '../../lab/load/stats.ts';
import type { ServiceView } from '../../lab/supervisor/service.ts';
import { callJson } from '../../lab/support/http.ts';
import { type Lab, startLab } from '../../lab/system.ts';
import { type Receiver, startReceiver } from './receiver.ts';

export interface Fixture {
  lab: Lab;
  receiver: Receiver;
  service: (name: string) => Promise<ServiceView>;
  /** Performs an action under a new intent. */
  act: (action: string, service: string, parameters?: Record<string, unknown>) => Promise<ActionAnswer>;
  stop: () => Promise<void>;
}

export interface ActionAnswer {
  intentId: string;
  action: string;
  service: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  appliedAt: string;
  settled: boolean;
}

export async function startFixture(): Promise<Fixture> {
  const receiver = await startReceiver();
  const eventsUrl = `${receiver.url}/api/v1/events`;
  const lab = await startLab({ seed: 11, otlpEndpoint: receiver.url, eventsUrl, apiKey: 'key-of-the-lab' });
  let count = 0;
  return {
    lab,
    receiver,
    service: (name) => callJson('GET', `${lab.supervisorUrl}/v1/services/${name}`),
    act: (action, service, parameters = {}) => {
      count += 1;
      const request = { intentId: `intent-${count}`, fence: 10_000 + count, action, service, parameters };
      return callJson('POST', `${lab.supervisorUrl}/v1/actions`, request);
    },
    stop: async () => {
      await lab.stop();
      receiver.close();
    },
  };
}

/** Waits until the condition gives something truthy. */
export async function until<T>(
  what: string,
  condition: () => Promise<T> | T,
  limitMs = 60_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Two seconds in a row, sent after `sinceMs`, in which every request was answered well and in time. */
export function healthy(lab: Lab, sinceMs = Date.now()): Promise<LoadStats> {
  return until('the shop is healthy', async () => {
    const stats = await lab.stats(sinceMs);
    const seconds = stats.buckets.slice(0, -1).slice(-2);
    const good = seconds.every(({ sent, ok, p95Ms }) => ok === sent && (p95Ms ?? 0) < 900);
    return seconds.length === 2 && good ? stats : undefined;
  });
}

/**
 * What a busy machine does to requests, whatever else is done to the shop: they wait too long, also in a process that has a
 * second to finish them, and their callers hear of it.
 */
const slowness = [
  ...['timeout', 'overloaded', 'pool_timeout', 'client_closed', 'ECONNRESET'],
  ...['499', '502', '503', '504'],
];

/** Why requests that began after `sinceMs` failed and were not merely slow: what the services say of it. */
export async function harmDone({ receiver }: Fixture, sinceMs: number): Promise<string[]> {
  const nowMs = Date.now();
  // Each tells in order: with one that ended later, all that ended before are told.
  await until('the gateway tells of later requests', () =>
    receiver.spans.some(({ service, endMs }) => service === 'gateway' && endMs > nowMs),
  );
  return receiver.spans
    .filter(({ status, startMs }) => status === 2 && startMs >= sinceMs)
    .map(({ attributes }) => `${attributes['error.type']}`)
    .filter((type) => !slowness.includes(type));
}

/** Requests sent after `sinceMs` fail. */
export function failing(lab: Lab, sinceMs: number, atLeast = 5): Promise<LoadStats> {
  return until('requests fail', async () => {
    const stats = await lab.stats(sinceMs);
    return stats.failed >= atLeast ? stats : undefined;
  });
}
