/** Spans and logs of one service with two replicas, second by second in real time, as OpenTelemetry would send them. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  attribute,
  encodeRequest,
  type Json,
  logsRequest,
  nano,
  tracesRequest,
} from '../../ingest/support/otlp.ts';

type Place = { readonly environment: string; readonly service: string };

const requestsPerSecond = 20;

async function sendSecond(
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

export interface Traffic {
  /** Whole seconds sent so far. */
  readonly seconds: number;
  /** From the next second on this share of the requests fails. */
  fail(share: number): void;
  stop(): Promise<void>;
}

/** Sends every second when it is over, all of it in order at first. */
export function startTraffic(url: string, place: Place): Traffic {
  let stopping = false;
  let share = 0;
  let seconds = 0;
  const run = async (): Promise<void> => {
    for (let second = Math.floor(Date.now() / 1000) * 1000; ; second += 1_000) {
      while (!stopping && second + 1_000 > Date.now()) await pause(50);
      if (stopping) return;
      await sendSecond(url, place, second, share);
      seconds += 1;
    }
  };
  const running = run();
  running.catch(() => {}); // thrown at the stop
  return {
    get seconds() {
      return seconds;
    },
    fail(newShare) {
      share = newShare;
    },
    async stop() {
      stopping = true;
      await running;
    },
  };
}
