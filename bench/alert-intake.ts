// How fast alerts are taken in durably: one a request, over a few connections, by a whole Sentinel as an operator starts it, which
// meanwhile takes them to their incidents. `stored` is counted after SIGKILL, and is what its database holds of those that were
// answered 2xx. `ratio` compares with bare one-row inserts by as many callers into a table of the same database: a yardstick that moves with
// the machine. Prints one JSON line.
//
// node bench/alert-intake.ts [--alerts 5000] [--services 50] [--connections 8] [--stores embedded,postgres]

import { randomUUID } from 'node:crypto';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../adapters/postgres/index.ts';
import { madeUpAlerts, sendAlerts } from './support/alert-sender.ts';
import { type StoreKind, startOwnSentinel } from './support/own-sentinel.ts';
import { quantile } from './support/quantile.ts';

const { values } = parseArgs({
  options: {
    alerts: { type: 'string', default: '5000' },
    services: { type: 'string', default: '50' },
    connections: { type: 'string', default: '8' },
    stores: { type: 'string', default: 'embedded,postgres' },
  },
});
const alerts = Number(values.alerts);
const services = Number(values.services);
const connections = Number(values.connections);
const referenceMs = 2_000;

async function measure(store: StoreKind) {
  const sentinel = await startOwnSentinel(store);
  try {
    const target = { url: `${sentinel.url}/api/v1/trigger-alert`, key: sentinel.adminKey, connections };
    await sendAlerts(madeUpAlerts(200, services, 'warm-up'), target);
    const cpuBefore = sentinel.cpuSeconds().sentinel;
    const began = performance.now();
    const answers = await sendAlerts(madeUpAlerts(alerts, services, 'bench'), target);
    const seconds = (performance.now() - began) / 1_000;
    const cpuSeconds = sentinel.cpuSeconds().sentinel - cpuBefore;
    await sentinel.kill();
    const database = await openDatabase(sentinel.database);
    const accepted = answers.filter(({ status }) => status === 202).length;
    const { stored, commits } = await storedIn(database);
    const bareInserts = await bareInsertsPerSecond(database);
    await database.close();
    const ms = answers.map((answer) => answer.ms);
    const perSecond = accepted / seconds;
    return {
      store,
      perSecond: Math.round(perSecond),
      p50Ms: round(quantile(ms, 0.5)),
      p99Ms: round(quantile(ms, 0.99)),
      accepted,
      stored,
      alertsPerCommit: round(stored / commits),
      cpuMsPerAlert: round((cpuSeconds / accepted) * 1_000),
      bareInsertsPerSecond: Math.round(bareInserts),
      ratio: round(perSecond / bareInserts),
    };
  } finally {
    await sentinel.close();
  }
}

/** What is there of what was sent, and in how many transactions it came: an alert is written once. */
async function storedIn({ db }: Database): Promise<{ readonly stored: number; readonly commits: number }> {
  const { rows } = await sql<{ stored: number; commits: number }>`
    select (select count(*)::int from inbox where event_id like 'bench-%') as stored,
      (select count(distinct xmin::text)::int from alerts where anomaly->'scope'->>'environment' = 'bench')
        as commits`.execute(db);
  return rows[0] ?? { stored: 0, commits: 0 };
}

async function bareInsertsPerSecond({ db }: Database): Promise<number> {
  const [body] = madeUpAlerts(1, 1, 'bench');
  const began = performance.now();
  let inserts = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - began < referenceMs) {
      await sql`insert into changes (id, environment, service, at_ms, body)
        values (${randomUUID()}, 'bench', 'bench', 0, ${body})`.execute(db);
      inserts += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  return (inserts / (performance.now() - began)) * 1_000;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const results: Awaited<ReturnType<typeof measure>>[] = [];
for (const store of values.stores.split(',') as StoreKind[]) results.push(await measure(store));
stdout.write(`${JSON.stringify({ bench: 'alert-intake', alerts, services, connections, results })}\n`);
