// What a hundred compressed bombs at once cost a whole Sentinel: its memory, and how long others wait. Each is 16 KiB of gzip that
// would be 16 MiB of empty JSON objects. Prints one JSON line.
//
// node bench/bombs.ts

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { freePort, startSentinelProcess } from '../lab/run/sentinel-process.ts';
import { quantile } from './support/quantile.ts';

const bombs = 100;
const healthEveryMs = 10;
const settleMs = 5_000;

const bomb = (before: string, after: string): Buffer =>
  gzipSync(`${before}${'{},'.repeat(5_592_000)}{}${after}`, { level: 9 });
const kinds = [
  { path: '/v1/traces', body: bomb('{"resourceSpans":[{"scopeSpans":[{"spans":[', ']}]}]}') },
  { path: '/api/v1/events', body: bomb('{"events":[', ']}') },
];

const dir = mkdtempSync(join(tmpdir(), 'sentinel-bombs-'));
const template = fileURLToPath(new URL('../lab/sentinel.yaml', import.meta.url));
const port = await freePort();
const sentinel = await startSentinelProcess({ template, dir, supervisorUrl: 'http://127.0.0.1:1', port });
try {
  await sleep(settleMs);
  const before = residentBytes();
  let peak = before;
  const waits: number[] = [];
  let over = false;
  const watching = (async () => {
    while (!over) {
      const startedAt = performance.now();
      await answered('/health', 'GET');
      waits.push(performance.now() - startedAt);
      peak = Math.max(peak, residentBytes());
      await sleep(healthEveryMs);
    }
  })();
  const startedAt = performance.now();
  const statuses = await Promise.all(
    Array.from({ length: bombs }, (_, index) => {
      const { path, body } = kinds[index % kinds.length] as (typeof kinds)[number];
      return answered(path, 'POST', body);
    }),
  );
  const elapsedMs = performance.now() - startedAt;
  over = true;
  await watching;
  const bytesOnTheWire = kinds.map(({ body }) => body.length);
  process.stdout.write(
    `${JSON.stringify({
      bench: 'bombs',
      bombs,
      bytesOnTheWire,
      statuses: Object.fromEntries(
        Map.groupBy(statuses, String)
          .entries()
          .map(([status, all]) => [status, all.length]),
      ),
      elapsedMs: Math.round(elapsedMs),
      residentBeforeMb: megabytes(before),
      residentMoreMb: megabytes(peak - before),
      healthP50Ms: Math.round(quantile(waits, 0.5)),
      healthP99Ms: Math.round(quantile(waits, 0.99)),
      healthMaxMs: Math.round(Math.max(...waits)),
    })}\n`,
  );
} finally {
  await sentinel.stop();
  rmSync(dir, { recursive: true, force: true });
}

function residentBytes(): number {
  const status = readFileSync(`/proc/${sentinel.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1024 / 1024);
}

/** The status of one request on a connection of its own; 0 when the connection broke. */
function answered(path: string, method: string, body?: Buffer): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
    ...(path.startsWith('/api/') ? { authorization: `Bearer ${sentinel.adminKey}` } : {}),
  };
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
    answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
  });
  sent.once('error', () => resolve(0));
  sent.end(body);
  return promise;
}
