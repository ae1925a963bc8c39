// Incidents a second through the whole workflow: signal, evidence, diagnosis, plan, policy, gate, effect, verification,
// postmortem. Temporal's dev server, PGlite, one worker and the mock executor; only the telemetry is made up. Prints one
// JSON line.
//
// node bench/incidents.ts [--incidents 100] [--durable]   (--durable: PGlite and Temporal write to disk)

import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { quantile } from './support/quantile.ts';
import { startStandaloneWorld } from './support/standalone-world.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '100' }, durable: { type: 'boolean', default: false } },
});
const incidents = Number(values.incidents);
const world = await startStandaloneWorld({ durable: values.durable });

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

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
