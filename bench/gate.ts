// How fast safety is decided: gate passes, whole effects, assignments and inbox items a second, on PGlite (in a folder) and
// on a Postgres server, both writing durably. Prints one JSON line. `ratio` compares with a bare one-row insert by the same
// number of callers: a yardstick that moves with the machine.
//
// node bench/gate.ts [--seconds 3] [--url postgres://… (an empty database; otherwise a server is started)]

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { createStores, type Database, openDatabase, type Stores } from '../adapters/postgres/index.ts';
import { limitsConfigSchema } from '../domain/remediation/limits.ts';
import { anomalyOf, type Ready, readyToAct, unique } from '../tests/adapters/postgres/fixtures.ts';
import { type PostgresInfo, postgres } from '../tests/support/components/postgres.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, url: { type: 'string' } },
});
const budgetMs = Number(values.seconds) * 1_000;
const limits = limitsConfigSchema.parse({
  effectsPerEnvironmentPerHour: 10_000,
  effectsPerTargetPerHour: 1_000,
});
const correlation = { windowMs: 60_000, maxHops: 2 };
const callerCounts = [1, 8] as const;

/** Calls a second of `callers` loops over prepared calls, or over as many as fit into the time when there are endless. */
async function rate(
  callers: number,
  call: (caller: number, round: number) => Promise<unknown>,
  rounds = Infinity,
) {
  let done = 0;
  const began = performance.now();
  const endless = !Number.isFinite(rounds);
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let round = 0; round < rounds; round += 1) {
        if (endless && performance.now() - began > budgetMs) return;
        await call(caller, round);
        done += 1;
      }
    }),
  );
  return (done / (performance.now() - began)) * 1_000;
}

/** Incidents ready to act, one per call, each about a target of its own; every caller has its environment. */
async function prepare(
  stores: Stores,
  callers: number,
  each: number,
): Promise<readonly (readonly Ready[])[]> {
  return Promise.all(
    Array.from({ length: callers }, async () => {
      const environment = unique('bench');
      const ready: Ready[] = [];
      for (let index = 0; index < each; index += 1) {
        ready.push(await readyToAct(stores, { environment, service: unique('service') }));
      }
      return ready;
    }),
  );
}

async function measure(database: Database) {
  const { db } = database;
  const stores = createStores(database, { limits });
  await sql`create table bench_bare (id text primary key, body json not null)`.execute(db);
  const body = JSON.stringify(anomalyOf({ environment: 'bench' }));
  const results = [];
  for (const callers of callerCounts) {
    const bareInserts = await rate(callers, () =>
      sql`insert into bench_bare values (${unique('row')}, ${body})`.execute(db),
    );
    const each = Math.ceil((bareInserts * budgetMs) / 1_000 / callers / 40);
    const of = (ready: Ready) => ({ incidentId: ready.incidentId, planHash: ready.planHash, step: 0 });
    const toPass = await prepare(stores, callers, each);
    const gatePasses = await rate(
      callers,
      async (caller, round) => {
        const ready = toPass[caller]?.[round] as Ready;
        const passed = await stores.gate.pass({ ...of(ready), direction: 'forward' });
        if (!passed.granted) throw new Error(passed.detail);
      },
      each,
    );
    const toPerform = await prepare(stores, callers, each);
    const effects = await rate(
      callers,
      async (caller, round) => {
        const ready = toPerform[caller]?.[round] as Ready;
        const passed = await stores.gate.pass({ ...of(ready), direction: 'forward' });
        if (!passed.granted) throw new Error(passed.detail);
        await stores.gate.mark(passed.intent.id, 'sent', 'sending');
        await stores.gate.mark(passed.intent.id, 'applied', 'done');
      },
      each,
    );
    const environments = Array.from({ length: callers }, () => unique('bench'));
    // A new anomaly every time; each twentieth is about another service, and so opens an episode.
    const assignments = await rate(callers, (caller, round) => {
      const service = `service-${Math.floor(round / 20)}`;
      return stores.episodes.assign(
        anomalyOf({ environment: environments[caller] ?? '', service }),
        correlation,
      );
    });
    const inboxItems = await rate(callers, async () => {
      const id = unique('item');
      await stores.inbox.put([{ id, kind: 'anomaly', anomaly: anomalyOf({ environment: 'bench' }) }]);
      for (const item of await stores.inbox.take(1, 60_000)) await stores.inbox.done(item.id);
    });
    const perSecond = { bareInserts, gatePasses, effects, assignments, inboxItems };
    results.push({
      callers,
      perSecond: mapped(perSecond, Math.round),
      ratio: mapped(perSecond, (value) => Number((value / bareInserts).toFixed(3))),
    });
  }
  const { rows } = await sql<{
    version: string;
  }>`select current_setting('server_version') as version`.execute(db);
  return { store: database.kind === 'server' ? 'postgres' : 'pglite', version: rows[0]?.version, results };
}

function mapped(numbers: Record<string, number>, change: (value: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, change(value)]));
}

async function measureEmbedded() {
  const folder = await mkdtemp(path.join(tmpdir(), 'sentinel-bench-'));
  const database = await openDatabase({ dataDir: folder });
  try {
    return await measure(database);
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureServer(url: string) {
  const database = await openDatabase({ url });
  try {
    return await measure(database);
  } finally {
    await database.close();
  }
}

/** The server of the tests, told to write as a production server does. */
async function measureOwnServer() {
  const { info, stop } = await postgres.start();
  const url = `${(info as PostgresInfo).serverUrl}/postgres`;
  try {
    const database = await openDatabase({ url });
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      await sql.raw(`alter system set ${setting} = on`).execute(database.db);
    }
    await sql`select pg_reload_conf()`.execute(database.db);
    await database.close();
    return await measureServer(url);
  } finally {
    await stop();
  }
}

const results = [
  await measureEmbedded(),
  values.url === undefined ? await measureOwnServer() : await measureServer(values.url),
];
console.log(JSON.stringify({ bench: 'gate', node: process.version, results }));
