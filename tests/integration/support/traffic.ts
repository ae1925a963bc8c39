/** Spans and logs of one service with two replicas, second by second in real time, as OpenTelemetry would send them. */
import { setTimeout as pause } from 'node:timers/promises';
import { encodeRequest, logsRequest, tracesRequest } from '../../ingest/support/otlp.ts';
import { resourceOf, telemetryOf } from './telemetry.ts';

type Place = { readonly environment: string; readonly service: string };

const requestsPerSecond = 20;

async function sendSecond(url: string, place: Place, startMs: number, failingShare: number): Promise<void> {
  const requests = requestsPerSecond / 2;
  const failed = Math.ceil(failingShare * requests);
  for (const instance of [`${place.service}-1`, `${place.service}-2`]) {
    const resource = resourceOf({ ...place, instance, version: 'r2' });
    const { spans, logs } = telemetryOf(place, { startMs, requests, failed });
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
