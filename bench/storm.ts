// A storm of alerts from the inbox to its incident: put, correlated, told to the workflow, recorded. Temporal's dev server,
// PGlite and one worker. `ratio` is against as many single round trips to the same database, one after the other: below 1
// an alert costs less than one of them. `growth` is the time per alert of the largest storm against that of the smallest.
// Prints one JSON line.
//
// node bench/storm.ts [--alerts 250,1001,4000] [--services 1] [--durable]

import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { correlationConfigSchema } from '../domain/correlation/correlate.ts';
import { createDispatcher, defaultDispatchSettings } from '../ingest/dispatch.ts';
import { reportItem } from '../ingest/events/items.ts';
import { startStandaloneWorld } from './support/standalone-world.ts';

const { values } = parseArgs({
  options: {
    alerts: { type: 'string', default: '250,1001,4000' },
    services: { type: 'string', default: '1' },
    durable: { type: 'boolean', default: false },
  },
});
const sizes = values.alerts.split(',').map(Number);
const services = Number(values.services);
const world = await startStandaloneWorld({ durable: values.durable });
const { db } = world.database;
const dispatcher = createDispatcher({
  inbox: world.stores.inbox,
  episodes: world.stores.episodes,
  starter: world.starter,
  correlation: correlationConfigSchema.parse({}),
  clock: { nowMs: () => Date.now() },
  metrics: { count() {}, observe() {}, gauge() {} },
  log: { info() {}, warn: console.error, error: console.error },
  settings: defaultDispatchSettings,
});

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
};
const count = async (table: 'anomaly_assignments', environment: string, heard: boolean): Promise<number> => {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from ${sql.table(table)} join episodes using (incident_id)
    where environment = ${environment} and (heard or not ${heard})`.execute(db);
  return rows[0]?.n ?? 0;
};

async function storm(alerts: number) {
  const environment = `storm-${alerts}`;
  const now = Date.now();
  const items = Array.from({ length: alerts }, (_, index) =>
    reportItem(
      {
        kind: 'alert',
        id: `${environment}-${index}`,
        status: 'firing',
        scope: { environment, service: `rack-${index % services}`, resourceId: `10.0.7.${index}:9100` },
        atMs: now,
        severity: 'critical',
        title: `host ${index} is down`,
        source: 'alertmanager',
        attributes: {},
      },
      now,
      { startsAtMs: now, endsAtMs: null, once: false, place: null },
    ),
  );
  const roundTrips = await seconds(async () => {
    for (let index = 0; index < alerts; index += 1) await sql`select 1`.execute(db);
  });
  const put = await seconds(() => world.stores.inbox.put(items));
  const correlated = await seconds(async () => {
    while ((await dispatcher.drainOnce()) > 0);
  });
  const assigned = await count('anomaly_assignments', environment, false);
  // An incident keeps a thousand; what comes after says nothing new.
  const expected = Math.min(alerts, services * 1_000);
  const recorded = await seconds(async () => {
    while ((await count('anomaly_assignments', environment, true)) < expected) await sleep(50);
  });
  return {
    alerts,
    assigned,
    putSeconds: round(put),
    correlatedSeconds: round(correlated),
    alertsPerSecond: Math.round(alerts / correlated),
    recordedSecondsLater: round(recorded),
    ratio: round(correlated / roundTrips),
  };
}

const results: Awaited<ReturnType<typeof storm>>[] = [];
for (const size of sizes) results.push(await storm(size));
const per = (one: (typeof results)[number] | undefined): number =>
  one === undefined ? Number.NaN : one.correlatedSeconds / one.alerts;
stdout.write(
  `${JSON.stringify({
    bench: 'storm',
    services,
    durable: values.durable,
    results,
    growth: round(per(results.at(-1)) / per(results[0])),
  })}\n`,
);
await dispatcher.stop();
await world.close();

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
