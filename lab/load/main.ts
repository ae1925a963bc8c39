/**
 * The load generator: an open loop (it does not wait for answers before it sends the next request) at a steady rate,
 * with Poisson arrivals from a seed. It exports nothing to anybody: what it saw is asked of it.
 */
import { request } from 'node:http';
import { callTimeMs } from '../support/clock.ts';
import { HttpError, type JsonRoute, serveJson } from '../support/http.ts';
import { exitWithParent } from '../support/parent.ts';
import { nextArrivalMs, seededRandom, seedFor } from '../support/random.ts';
import { LoadRecorder } from './stats.ts';

export interface LoadStart {
  seed: number;
  port: number;
  path: string;
  requestsPerSecond: number;
}
export interface Stream {
  path: string;
  requestsPerSecond: number;
}
export type ToLoad = { type: 'streams'; streams: Record<string, Stream> };
export type FromLoad = { type: 'ready'; url: string };

/** Longer than any time-out inside the shop, so that the shop's own answer is what counts. */
const timeoutMs = 4_000;

exitWithParent();
const start = JSON.parse(process.argv[2] ?? '{}') as LoadStart;
const recorder = new LoadRecorder();
const timers = new Map<string, NodeJS.Timeout>();

function send(path: string): void {
  const startedAt = performance.now();
  const record = recorder.sent(Date.now());
  let done = false;
  const finish = (ok: boolean): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    record(ok, performance.now() - startedAt);
  };
  // A connection per request: the ingress balances connections, as for many small clients.
  const outgoing = request({ host: '127.0.0.1', port: start.port, method: 'POST', path, agent: false });
  const timer = setTimeout(() => {
    finish(false);
    outgoing.destroy();
  }, timeoutMs);
  outgoing.on('response', (response) => {
    response.resume();
    response.on('close', () => finish((response.statusCode ?? 0) < 400 && response.complete));
  });
  outgoing.on('error', () => finish(false));
  outgoing.end();
}

function runStream(name: string, { path, requestsPerSecond }: Stream): void {
  if (requestsPerSecond <= 0) return;
  const random = seededRandom(seedFor(start.seed, `load ${name}`));
  let dueAt = performance.now();
  const tick = (): void => {
    // Several may be due when the timer comes late: an open loop keeps its rate.
    while (dueAt <= performance.now()) {
      send(path);
      dueAt += nextArrivalMs(random, requestsPerSecond);
    }
    timers.set(name, setTimeout(tick, Math.max(1, dueAt - performance.now())));
  };
  dueAt += nextArrivalMs(random, requestsPerSecond);
  timers.set(name, setTimeout(tick, Math.max(1, dueAt - performance.now())));
}

const streams = new Map<string, Stream>();
function applyStreams(wanted: Record<string, Stream>): void {
  for (const [name, stream] of streams) {
    if (JSON.stringify(wanted[name]) === JSON.stringify(stream)) continue;
    clearTimeout(timers.get(name));
    streams.delete(name);
  }
  for (const [name, stream] of Object.entries(wanted)) {
    if (streams.has(name)) continue;
    streams.set(name, stream);
    runStream(name, stream);
  }
}

process.on('message', (message: ToLoad) => applyStreams(message.streams));

const routes: JsonRoute[] = [
  {
    method: 'GET',
    path: /^\/stats$/,
    handle: ({ query }) => {
      const from = callTimeMs(query.get('from')) ?? 0;
      const to = callTimeMs(query.get('to')) ?? Date.now();
      if (from > to) throw new HttpError(400, 'from is later than to');
      return { status: 200, body: recorder.between(from, to) };
    },
  },
];
const { url } = await serveJson(routes);
process.send?.({ type: 'ready', url } satisfies FromLoad, undefined, undefined, () => {});
