// Do live events stay complete? Readers of both streams, cut again and again, two API processes that are killed in turn, and
// writers whose transactions overlap and commit out of order, all on a Postgres server of its own. Prints one JSON line:
// `lost`, `doubled` and `outOfOrder` must be 0. `deliveryMs` is from an event's own time to its arrival at a reader that was
// connected at that time; the commit of the event, up to `commitDelayMs` later, is part of it.
//
// node bench/stream.ts [--readers 200] [--cuts 500] [--kills 5] [--seconds 40] [--events-per-second 50]

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { createStores, openDatabase } from '../adapters/postgres/index.ts';
import { toUrlId } from '../api/incident-id.ts';
import type { IncidentEvent, IncidentEventBody } from '../domain/incident/events.ts';
import { fold } from '../domain/incident/evolve.ts';
import { limitsConfigSchema } from '../domain/remediation/limits.ts';
import { freePort } from '../lab/run/sentinel-process.ts';
import { maker } from './support/maker.ts';
import { startPostgres } from './support/postgres-server.ts';
import { type BenchReader, startReader } from './support/stream-reader.ts';

const { values } = parseArgs({
  options: {
    readers: { type: 'string', default: '200' },
    cuts: { type: 'string', default: '500' },
    kills: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '40' },
    'events-per-second': { type: 'string', default: '50' },
  },
});
const [readerCount, cuts, kills] = [Number(values.readers), Number(values.cuts), Number(values.kills)];
const runMs = Number(values.seconds) * 1_000;
const writerCount = 10;
const commitDelayMs = 50;
const catchUpMs = 60_000;

const postgres = await startPostgres();
const database = await openDatabase({ url: postgres.url, maxConnections: writerCount + 2 });
const stores = createStores(database, { limits: limitsConfigSchema.parse({}) });
const { key } = await stores.apiKeys.create({ name: 'bench', role: 'viewer' }, maker);
// Between taking a position and committing: without it transactions hardly overlap.
await sql`create function bench_delay() returns trigger language plpgsql as $$
  begin perform pg_sleep(random() * ${sql.lit(commitDelayMs / 1_000)}); return null; end $$`.execute(
  database.db,
);
await sql`create trigger bench_delay after insert on incident_events
  for each statement execute function bench_delay()`.execute(database.db);

const program = fileURLToPath(import.meta.resolve('./support/api-process.ts'));
type Api = { readonly url: string; readonly port: number; process: ChildProcess };

async function startProcess(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, postgres.url, `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [first] = await once(child.stdout, 'data');
  if (!`${first}`.includes('ready')) throw new Error(`the API said ${first}`);
  return child;
}

const apis: Api[] = [];
for (let count = 0; count < 2; count += 1) {
  const port = await freePort();
  apis.push({ url: `http://127.0.0.1:${port}`, port, process: await startProcess(port) });
}

let over = false;

/** One incident, told note by note until it is over. */
async function write(incidentId: string, index: number): Promise<void> {
  const scope = { environment: `bench-${index}`, service: 'service' };
  const events: IncidentEvent[] = [];
  const record = async (body: IncidentEventBody): Promise<void> => {
    const event = { seq: events.length + 1, atMs: Date.now(), ...body };
    events.push(event);
    const state = fold(events, incidentId);
    if (state !== null) await stores.incidents.recordEvents(incidentId, [event], state);
  };
  const text = 'a note of the length that people write when they tell each other what they see';
  await record({
    type: 'incident-opened',
    scope,
    severity: 'critical',
    title: 't',
    fingerprint: 'f',
    episode: 1,
  });
  while (!over) {
    const noteId = `${index}-${events.length}`;
    await record({ type: 'note-added', noteId, actor: 'bench', text });
    await pause((Math.random() * 2_000 * writerCount) / Number(values['events-per-second']));
  }
}

const incidentIds = Array.from({ length: writerCount }, (_, index) => `incident/be${index}/1`);
const untilMs = Date.now() + runMs;
const writing = Promise.all(incidentIds.map((id, index) => write(id, index)));
while ((await stores.eventFeed.read(0, writerCount)).length < writerCount) await pause(20);

// Three of four follow all incidents; the others one each.
let turn = 0;
const address = (): string => {
  turn += 1;
  return apis[turn % apis.length]?.url ?? '';
};
const readers: BenchReader[] = Array.from({ length: readerCount }, (_, index) => {
  const id = incidentIds[index % writerCount] ?? '';
  const path = index % 4 > 0 ? '/api/v1/stream' : `/api/v1/incidents/${toUrlId(id)}/timeline/stream`;
  return startReader({ address, path, apiKey: key });
});
while (readers.some((reader) => reader.from() === null)) await pause(20);

async function cutReaders(): Promise<number> {
  let done = 0;
  for (const startedAt = Date.now(); done < cuts; ) {
    const wanted = Math.ceil(((Date.now() - startedAt) / (untilMs - startedAt)) * cuts);
    const reader = readers[Math.floor(Math.random() * readers.length)];
    if (done < wanted && reader?.isConnected()) {
      reader.cut();
      done += 1;
    } else await pause(5);
  }
  return done;
}

async function killProcesses(): Promise<number> {
  let done = 0;
  for (const everyMs = (untilMs - Date.now()) / (kills + 1); done < kills; done += 1) {
    await pause(everyMs);
    const api = apis[done % apis.length];
    if (api === undefined) break;
    const exit = once(api.process, 'exit');
    api.process.kill('SIGKILL');
    await exit;
    api.process = await startProcess(api.port);
  }
  return done;
}

const [cutCount, killCount] = await Promise.all([cutReaders(), killProcesses(), pause(runMs)]);
over = true;
await writing;
const stored = await database.db
  .selectFrom('incident_events')
  .select(['position', 'incident_id', 'seq'])
  .orderBy('position')
  .execute();

/** Ids a reader is owed: everything after the place where it started. */
function owed(reader: BenchReader): readonly number[] {
  const from = reader.from() ?? 0;
  const ids =
    reader.path === '/api/v1/stream'
      ? stored.map(({ position }) => position)
      : stored.filter((row) => reader.path.includes(`${toUrlId(row.incident_id)}/`)).map(({ seq }) => seq);
  return ids.filter((id) => id > from);
}

const behind = (reader: BenchReader): boolean => reader.received.at(-1)?.id !== owed(reader).at(-1);
for (const until = Date.now() + catchUpMs; readers.some(behind) && Date.now() < until; ) await pause(100);
for (const reader of readers) reader.stop();

let [lost, doubled, outOfOrder, delivered] = [0, 0, 0, 0];
for (const reader of readers) {
  const ids = reader.received.map(({ id }) => id);
  const unique = new Set(ids);
  lost += owed(reader).filter((id) => !unique.has(id)).length;
  doubled += ids.length - unique.size;
  outOfOrder += ids.filter((id, index) => index > 0 && id < (ids[index - 1] ?? 0)).length;
  delivered += unique.size;
}
const lags = readers
  .flatMap(({ received }) => received.filter(({ live }) => live).map(({ lagMs }) => lagMs))
  .toSorted((left, right) => left - right);
const quantile = (share: number): number | null => lags[Math.floor((lags.length - 1) * share)] ?? null;
const sum = (count: (reader: BenchReader) => number): number =>
  readers.reduce((total, reader) => total + count(reader), 0);

console.log(
  JSON.stringify({
    bench: 'stream',
    node: process.version,
    readers: readerCount,
    seconds: Number(values.seconds),
    cuts: cutCount,
    kills: killCount,
    reconnects: sum((reader) => reader.connections() - 1),
    events: stored.length,
    delivered,
    lost,
    doubled,
    outOfOrder,
    resyncs: sum((reader) => reader.resyncs()),
    commitDelayMs,
    deliveryMs: { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) },
  }),
);

for (const api of apis) api.process.kill('SIGKILL');
await database.close();
await postgres.stop();
process.exitCode = lost + doubled + outOfOrder === 0 ? 0 : 1;
