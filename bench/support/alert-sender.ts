// Posts alerts as another system does: one a request, over a few connections that stay open.

import { Agent, request } from 'node:http';

export type Sent = {
  readonly status: number;
  /** From the request to the last byte of its answer. */
  readonly ms: number;
};

export type SenderOptions = {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
  /** At most so many a second, evenly; absent: as fast as answers come. */
  readonly perSecond?: number;
};

/** One answer for each body, in their order. A connection sends its next one when it has its answer. */
export async function sendAlerts(
  bodies: readonly string[],
  options: SenderOptions,
): Promise<readonly Sent[]> {
  const { url, key, connections, perSecond } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const began = performance.now();
  const sent: Sent[] = [];
  let next = 0;
  const one = (body: string): Promise<Sent> =>
    new Promise((resolve, reject) => {
      const from = performance.now();
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        authorization: `Bearer ${key}`,
      };
      const posting = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - from }));
        answer.once('error', reject);
      });
      posting.once('error', reject);
      posting.end(body);
    });
  const connection = async (): Promise<void> => {
    for (let index = next++; index < bodies.length; index = next++) {
      const dueMs = perSecond === undefined ? 0 : (index / perSecond) * 1_000;
      const waitMs = dueMs - (performance.now() - began);
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      sent[index] = await one(bodies[index] as string);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  return sent;
}

/** Each alert is another one; they are spread evenly over the services. */
export function madeUpAlerts(count: number, services: number, environment: string): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      title: `probe ${Math.floor(index / services)} fails`,
      service: `service-${index % services}`,
      environment,
      severity: 'warning',
      id: `${environment}-${index}`,
      attributes: { region: 'eu-1', probe: `${index}` },
    }),
  );
}
