/**
 * Spans of one service with two replicas, as OpenTelemetry would send them: an ordinary half minute in the past, then
 * seconds in which a share of the requests fails, up to now.
 */
import { randomBytes } from 'node:crypto';
import {
  attribute,
  encodeRequest,
  type Json,
  logsRequest,
  nano,
  tracesRequest,
} from '../../ingest/support/otlp.ts';

export type Place = { readonly environment: string; readonly service: string };

const requestsPerSecond = 20;

export async function sendSecond(
  url: string,
  { environment, service }: Place,
  secondMs: number,
  failingShare: number,
): Promise<void> {
  for (const [index, instance] of [`${service}-1`, `${service}-2`].entries()) {
    const resource: Json = {
      attributes: [
        attribute('service.name', service),
        attribute('deployment.environment.name', environment),
        attribute('service.instance.id', instance),
        attribute('service.version', 'r2'),
      ],
    };
    const count = requestsPerSecond / 2;
    const spans: Json[] = [];
    const logs: Json[] = [];
    for (let request = 0; request < count; request += 1) {
      const endMs = secondMs + Math.floor(((request + 1) / (count + 1)) * 1000) + index;
      const failed = request < failingShare * count;
      const traceId = randomBytes(16).toString('hex');
      spans.push({
        traceId,
        spanId: randomBytes(8).toString('hex'),
        name: `GET /${service}`,
        kind: 2,
        startTimeUnixNano: nano(endMs - 40 - (request % 5)),
        endTimeUnixNano: nano(endMs),
        ...(failed ? { status: { code: 2, message: 'internal error' } } : {}),
      });
      if (failed) {
        const body = { stringValue: `cannot answer request ${traceId}: inconsistent state` };
        logs.push({ timeUnixNano: nano(endMs), severityNumber: 17, severityText: 'ERROR', body });
      }
    }
    await post(`${url}/v1/traces`, encodeRequest('traces', 'protobuf', tracesRequest(spans, resource)));
    if (logs.length > 0)
      await post(`${url}/v1/logs`, encodeRequest('logs', 'protobuf', logsRequest(logs, resource)));
  }
}

async function post(url: string, body: Uint8Array): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Buffer.from(body),
  });
  if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`);
}

/** Sends an ordinary half minute as fast as it is taken, then bad seconds in real time until `stop`. */
export function startTrouble(url: string, place: Place): { stop(): Promise<void> } {
  let stopping = false;
  const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000;
  const run = async (): Promise<void> => {
    const turnMs = wholeSecond(Date.now()) - 6_000;
    for (let second = turnMs - 40_000; !stopping; second += 1_000) {
      while (second + 1_000 > Date.now() && !stopping)
        await new Promise((resolve) => setTimeout(resolve, 50));
      await sendSecond(url, place, second, second < turnMs ? 0 : 0.6);
    }
  };
  const running = run();
  running.catch(() => {}); // thrown at the stop
  return {
    async stop() {
      stopping = true;
      await running;
    },
  };
}
