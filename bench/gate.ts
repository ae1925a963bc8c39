// How fast safety is decided: gate passes, whole effects, assignments and inbox items a second, on PGlite (in a folder) and
// on a Postgres server, both writing durably. Prints one JSON line. `ratio` compares with a bare one-row insert by the same
// number of callers: a yardstick that moves with the machine.
//
// node bench/gate.ts [--seconds 3] [--url postgres://… (an empty database; otherwise a server is started)]

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { createStores, openDatabase } from '../adapters/postgres/index.ts';
import { limitsConfigSchema } from '../domain/remediation/limits.ts';
import { startPostgres } from './support/postgres-server.ts';
import { madeUpAnomaly, type ReadyIncident, readyIncident } from './support/ready-incident.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, url: { type: 'string' } },
});
const budgetMs = Number(values.seconds) * 1_000;
const callerCounts = [1, 8] as const;
const limits = limitsConfigSchema.parse({
  effectsPerMinute: 10_000,
  effectsPerHour: 100_000,
  effectsPerEnvironmentPerMinute: 10_000,
  effectsPerTargetPerMinute: 1_000,
  effectsPerEnvironmentPerHour: 10_000,
  effectsPerTargetPerHour: 1_000,
});
const correlation = { windowMs: 60_000, maxHops: 2 };

type Database = Awaited<ReturnType<typeof openDatabase>>;

/** Calls a second of `callers` loops: of so many rounds each, or of as many as fit into the time. */
async function rate(
  callers: number,
  call: (caller: number, round: number) => Promise<unknown>,
  rounds?: number,
): Promise<number> {
  let done = 0;
  const began = performance.now();
  const goesOn = (round: number): boolean =>
    rounds === undefined ? performance.now() - began < budgetMs : round < rounds;
  const loops = Array.from({ length: callers }, async (_, caller) => {
    for (let round = 0; goesOn(round); round += 1) {
      await call(caller, round);
      done += 1;
    }
  });
  await Promise.all(loops);
  return (done / (performance.now() - began)) * 1_000;
}

async function measure(database: Database, callers: number) {
  const { db } = database;
  const stores = createStores(database, { limits });
  const body = JSON.stringify(madeUpAnomaly('bench', 'bench', 0));
  const bareInserts = await rate(callers, () =>
    sql`insert into bench_bare values (${randomUUID()}, ${body})`.execute(db),
  );

  // Every caller acts in an environment of its own, as incidents of one environment pass the gate one by one.
  const rounds = Math.ceil((bareInserts * budgetMs) / 1_000 / callers / 40);
  const prepared = await Promise.all(
    Array.from({ length: callers }, async () => {
      const environment = randomUUID();
      const ready: ReadyIncident[] = [];
      while (ready.length < rounds * 2) ready.push(await readyIncident(stores, environment));
      return ready;
    }),
  );
  const pass = async (caller: number, index: number): Promise<string> => {
    const ready = prepared[caller]?.[index];
    if (ready === undefined) throw new Error('more calls than incidents');
    const { incidentId, planHash, before } = ready;
    const passed = await stores.gate.pass(
      { incidentId, planHash, step: 0, direction: 'forward' },
      { kind: 'seen', state: before },
    );
    if (!passed.granted) throw new Error(`refused: ${passed.reason}: ${passed.detail}`);
    return passed.intent.id;
  };
  const gatePasses = await rate(callers, pass, rounds);
  const effects = await rate(
    callers,
    async (caller, round) => {
      const intentId = await pass(caller, rounds + round);
      await stores.gate.mark(intentId, 'sent', 'sending');
      await stores.gate.mark(intentId, 'applied', 'done');
    },
    rounds,
  );

  // Always a new anomaly; each twentieth is about another service, and so opens an episode.
  const environments = Array.from({ length: callers }, () => randomUUID());
  const assignments = await rate(callers, (caller, round) => {
    const service = `service-${Math.floor(round / 20)}`;
    const anomaly = madeUpAnomaly(environments[caller] ?? '', service, Date.now());
    return stores.episodes.assign(anomaly, correlation);
  });
  const inboxItems = await rate(callers, async () => {
    const anomaly = madeUpAnomaly('bench', 'bench', 0);
    await stores.inbox.put([{ id: anomaly.id, kind: 'anomaly', anomaly }]);
    for (const item of await stores.inbox.take(1, 60_000)) await stores.inbox.done(item.id);
  });
  const perSecond = { bareInserts, gatePasses, effects, assignments, inboxItems };
  return {
    callers,
    perSecond: mapped(perSecond, Math.round),
    ratio: mapped(perSecond, (value) => Number((value / bareInserts).toFixed(3))),
  };
}

function mapped(numbers: Record<string, number>, change: (value: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, change(value)]));
}

async function measureAll(database: Database) {
  try {
    await sql`create table bench_bare (id text primary key, body json not null)`.execute(database.db);
    const results = [];
    for (const callers of callerCounts) results.push(await measure(database, callers));
    const { rows } = await sql<{
      version: string;
    }>`select current_setting('server_version') as version`.execute(database.db);
    return { store: database.kind === 'server' ? 'postgres' : 'pglite', version: rows[0]?.version, results };
  } finally {
    await database.close();
  }
}

const folder = await mkdtemp(path.join(tmpdir(), 'sentinel-bench-'));
const embedded = await measureAll(await openDatabase({ dataDir: folder }));
await rm(folder, { recursive: true, force: true });

const own = values.url === undefined ? await startPostgres() : null;
const server = await measureAll(await openDatabase({ url: own?.url ?? values.url ?? '' }));
await own?.stop();
console.log(JSON.stringify({ bench: 'gate', node: process.version, results: [embedded, server] }));
