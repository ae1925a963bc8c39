/** Spans and logs of one service with two replicas, as OpenTelemetry would send them: a minute at once, then each second. */
import { setTimeout as pause } from 'node:timers/promises';
import { encodeRequest } from '../../ingest/support/otlp.ts';
import { resourceOf, telemetryOf } from './telemetry.ts';

type Place = { readonly environment: string; readonly service: string };

const scope = { name: 'traffic' };
const requestsPerSecond = 20;
/** What a detector wants to have seen before it judges. */
const pastSeconds = 60;

async function sendSeconds(
  url: string,
  place: Place,
  starts: readonly number[],
  failingShare: number,
): Promise<void> {
  const requests = requestsPerSecond / 2;
  const failed = Math.ceil(failingShare * requests);
  const replicas = [`${place.service}-1`, `${place.service}-2`].map((instance) => {
    const parts = starts.map((startMs) => telemetryOf(place, { startMs, requests, failed }));
    const resource = resourceOf({ ...place, instance, version: 'r2' });
    return { resource, spans: parts.flatMap(({ spans }) => spans), logs: parts.flatMap(({ logs }) => logs) };
  });
  // Both in one request: a second of which half comes later than it can be waited for would look like a change of traffic.
  const resourceSpans = replicas.map(({ resource, spans }) => ({ resource, scopeSpans: [{ scope, spans }] }));
  await post(`${url}/v1/traces`, encodeRequest('traces', 'protobuf', { resourceSpans }));
  const failing = replicas.filter(({ logs }) => logs.length > 0);
  if (failing.length === 0) return;
  const resourceLogs = failing.map(({ resource, logs }) => ({
    resource,
    scopeLogs: [{ scope, logRecords: logs }],
  }));
  await post(`${url}/v1/logs`, encodeRequest('logs', 'protobuf', { resourceLogs }));
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

/** Sends the last minute, and every further second when it is over; all of it in order at first. */
export function startTraffic(url: string, place: Place): Traffic {
  let stopping = false;
  let share = 0;
  let seconds = 0;
  const run = async (): Promise<void> => {
    const openedMs = Math.floor(Date.now() / 1000) * 1000;
    const past = Array.from({ length: pastSeconds }, (_, index) => openedMs - (pastSeconds - index) * 1000);
    await sendSeconds(url, place, past, 0);
    seconds = pastSeconds;
    for (let second = openedMs; ; second += 1_000) {
      while (!stopping && second + 1_000 > Date.now()) await pause(50);
      if (stopping) return;
      await sendSeconds(url, place, [second], share);
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
