// How long the server takes for what people look at, with 10,000 incidents stored: pages of the dashboard, lists of the API,
// and one look of the notification dispatcher; on a Postgres server and on PGlite in a folder. One request at a time, in
// this process, from the request to the last byte of the answer. Prints one JSON line. `/health` is the yardstick of the
// same run: a route that looks at nothing.
//
// node bench/pages.ts [--incidents 10000] [--requests 200]

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Database, openDatabase } from '../adapters/postgres/index.ts';
import { toUrlId } from '../api/incident-id.ts';
import { createBenchApi } from './support/api.ts';
import { maker } from './support/maker.ts';
import { seedIncidents } from './support/many-incidents.ts';
import { startPostgres } from './support/postgres-server.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '10000' }, requests: { type: 'string', default: '200' } },
});
const incidents = Number(values.incidents);
const requests = Number(values.requests);
const warmUp = 20;
const origin = 'http://localhost';

type Figures = { readonly p50: number; readonly p95: number; readonly max: number; readonly bytes?: number };

async function measure(database: Database) {
  const { stores, fetch, streams } = createBenchApi(database);
  const seedingFrom = performance.now();
  const seeded = await seedIncidents(database, incidents);
  const seedSeconds = Math.round((performance.now() - seedingFrom) / 1_000);
  const { key } = await stores.apiKeys.create({ name: 'bench', role: 'admin' }, maker);
  const session = await stores.sessions.open(key);
  const headers = {
    api: { authorization: `Bearer ${key}` },
    page: { cookie: `sentinel-local=${session?.token}` },
  };

  const get = async (address: string, as: 'api' | 'page'): Promise<number> => {
    const response = await fetch(new Request(`${origin}${address}`, { headers: headers[as] }));
    const { byteLength } = await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${address} answered ${response.status}`);
    return byteLength;
  };
  const timed = async (call: (round: number) => Promise<number | undefined>): Promise<Figures> => {
    const times: number[] = [];
    let bytes: number | undefined;
    for (let round = -warmUp; round < requests; round += 1) {
      const from = performance.now();
      bytes = await call(round);
      if (round >= 0) times.push(performance.now() - from);
    }
    times.sort((left, right) => left - right);
    const at = (share: number): number =>
      Number((times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(2));
    return { p50: at(0.5), p95: at(0.95), max: at(1), ...(bytes === undefined ? {} : { bytes }) };
  };

  const { resolvedIds, ...about } = seeded;
  // Another one each time, so that nothing is remembered from the last; and one again and again.
  const refs = resolvedIds.map(toUrlId);
  const one = refs[0] ?? '';
  const addresses: readonly (readonly [string, 'api' | 'page'])[] = [
    ['/health', 'api'],
    ['/', 'page'],
    ['/incidents', 'page'],
    ['/incidents/:another', 'page'],
    ['/incidents/:one', 'page'],
    ['/approvals', 'page'],
    ['/api/v1/incidents', 'api'],
    ['/api/v1/incidents?open=true', 'api'],
    ['/api/v1/incidents?status=awaiting-approval', 'api'],
    ['/api/v1/incidents?open=false&severity=critical&environment=staging', 'api'],
    ['/api/v1/incidents?severity=info', 'api'],
    ['/api/v1/incidents/:another', 'api'],
    ['/api/v1/incidents/:another/timeline', 'api'],
    ['/api/v1/approvals/pending', 'api'],
  ];
  const ms: Record<string, Figures> = {};
  for (const [address, as] of addresses) {
    ms[address] = await timed((round) => {
      const another = refs[(round + warmUp) % refs.length] ?? '';
      return get(address.replace(':another', another).replace(':one', one), as);
    });
  }
  await stores.notifications.register('bench');
  ms['one look of the notification dispatcher'] = await timed(async () => {
    await stores.notifications.notice('bench');
    await stores.notifications.waiting('bench');
    await stores.notifications.take('bench', 4, 90_000);
    return undefined;
  });
  ms['one look of the event feed'] = await timed(async () => {
    await stores.eventFeed.read(await stores.eventFeed.head(), 100);
    return undefined;
  });
  await streams.close();
  return { store: database.kind, incidents, ...about, seedSeconds, ms };
}

async function measured(database: Database) {
  try {
    return await measure(database);
  } finally {
    await database.close();
  }
}

const postgres = await startPostgres();
const folder = await mkdtemp(path.join(tmpdir(), 'sentinel-bench-'));
try {
  const server = await measured(await openDatabase({ url: postgres.url }));
  const embedded = await measured(await openDatabase({ dataDir: folder }));
  console.log(
    JSON.stringify({ bench: 'pages', node: process.version, requests, results: [server, embedded] }),
  );
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
