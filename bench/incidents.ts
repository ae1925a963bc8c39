// Incidents a second through the whole workflow: signal, evidence, diagnosis, plan, policy, gate, effect, verification,
// postmortem. Temporal's dev server, PGlite, one worker and the mock executor; only the telemetry is made up. Prints one
// JSON line.
//
// node bench/incidents.ts [--incidents 100] [--durable]   (--durable: PGlite and Temporal write to disk)

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { openDatabase } from '../adapters/postgres/index.ts';
import { createIncidentWorld } from './support/incident-world.ts';
import { quantile } from './support/quantile.ts';
import { startBenchTemporal } from './support/temporal-server.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '100' }, durable: { type: 'boolean', default: false } },
});
const incidents = Number(values.incidents);
const folder = await mkdtemp(join(tmpdir(), 'sentinel-bench-'));
const temporal = await startBenchTemporal(join(folder, 'temporal'), values);
const database = await openDatabase(
  values.durable ? { dataDir: join(folder, 'postgres') } : { memory: true },
);
const world = await createIncidentWorld({ database, temporal });
await world.startWorker();

async function oneIncident(index: number): Promise<{ outcome: string; seconds: number; events: number }> {
  const from = performance.now();
  const handle = world.client.workflow.getHandle(await world.open(index));
  const { outcome } = (await handle.result()) as { outcome: string };
  const seconds = (performance.now() - from) / 1_000;
  return { outcome, seconds, events: (await handle.describe()).historyLength };
}

const from = performance.now();
const all = await Promise.all(Array.from({ length: incidents }, (_, index) => oneIncident(index)));
const seconds = (performance.now() - from) / 1_000;
const times = all.map((one) => one.seconds);
const outcomes = Object.groupBy(all, ({ outcome }) => outcome);
stdout.write(
  `${JSON.stringify({
    bench: 'incidents',
    incidents,
    durable: values.durable,
    seconds: round(seconds),
    incidentsPerSecond: round(incidents / seconds),
    secondsEach: { p50: round(quantile(times, 0.5)), p95: round(quantile(times, 0.95)) },
    historyEventsEach: Math.round(all.reduce((sum, { events }) => sum + events, 0) / incidents),
    outcomes: Object.fromEntries(Object.entries(outcomes).map(([name, ones]) => [name, ones?.length ?? 0])),
    effects: world.executor.ledger.length,
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
  })}\n`,
);
await world.close();
await database.close();
await temporal.stop();
await rm(folder, { recursive: true, force: true });

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
