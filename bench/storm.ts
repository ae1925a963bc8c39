// A storm of alerts from the inbox to its incidents: put, correlated, told to the workflows, recorded. Temporal's dev server,
// PGlite and one worker. With `--services each` every alert is about a service of its own and opens an incident of its own, as
// when a region is gone; every tenth is critical, the others are warnings. With `--crowds` alerts that say the same are one incident, as
// they are by default; `incidents` counts them. `ratio` is against as many single round trips to the
// same database, one after the other: below 1 an alert costs less than one of them. `growth` is the CPU time per alert of the
// largest storm against that of the smallest. `beside` is how long an incident of before the storm takes to answer a person
// meanwhile. Seconds are those of a wall clock from the arrival on, and count whatever else the machine does; `cpuSeconds` are
// this process's alone. Prints one JSON line.
//
// node bench/storm.ts [--alerts 250,1001,4000] [--services 1|each] [--crowds] [--seconds 600] [--durable]
// (--seconds: no longer than so many for each storm; `recorded` says how far it came)

import { stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { correlationConfigSchema } from '../domain/correlation/correlate.ts';
import { policyConfigSchema } from '../domain/policy/config.ts';
import { createDispatcher, defaultDispatchSettings } from '../ingest/dispatch.ts';
import { reportItem } from '../ingest/events/items.ts';
import { addNote } from '../workflows/messages.ts';
import { quantile } from './support/quantile.ts';
import { startStandaloneWorld } from './support/standalone-world.ts';

const { values } = parseArgs({
  options: {
    alerts: { type: 'string', default: '250,1001,4000' },
    services: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '600' },
    crowds: { type: 'boolean', default: false },
    durable: { type: 'boolean', default: false },
  },
});
const sizes = values.alerts.split(',').map(Number);
const each = values.services === 'each';
// What was found before the storm waits for a person all the time.
const asked = { approval: 'operator', quorum: 1, deadlineMinutes: 1_440 };
const policy = policyConfigSchema.parse({ byRisk: { low: asked, medium: asked, high: asked } });
const world = await startStandaloneWorld({ durable: values.durable, policy });
const { db } = world.database;
const { crowds, ...apart } = correlationConfigSchema.parse({});
const correlation = values.crowds ? { ...apart, crowds } : apart;
const dispatcher = createDispatcher({
  inbox: world.stores.inbox,
  episodes: world.stores.episodes,
  starter: world.starter,
  correlation,
  clock: { nowMs: () => Date.now() },
  metrics: { count() {}, observe() {}, gauge() {} },
  log: { info() {}, warn: console.error, error: console.error },
  settings: defaultDispatchSettings,
});

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
};

type Progress = { readonly assigned: number; readonly heard: number; readonly critical: number };

/** Findings given to an incident, those that its workflow has recorded, and the critical ones among these. */
async function progressOf(environment: string): Promise<Progress> {
  const { rows } = await sql<Progress>`
    select count(*)::int as assigned, (count(*) filter (where heard))::int as heard,
      (count(*) filter (where heard and severity = 'critical'))::int as critical
    from anomaly_assignments join episodes using (incident_id) where environment = ${environment}`.execute(
    db,
  );
  return rows[0] ?? { assigned: 0, heard: 0, critical: 0 };
}

async function incidentsIn(environment: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from episodes where environment = ${environment}`.execute(db);
  return rows[0]?.n ?? 0;
}

async function analysesIn(environment: string): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from diagnoses join episodes using (incident_id) where environment = ${environment}`.execute(
    db,
  );
  return rows[0]?.n ?? 0;
}

/** Speaks to an incident again and again until told to stop; answers how long each answer took, in seconds. */
function speakTo(incidentId: string, isOver: () => boolean): Promise<readonly number[]> {
  const handle = world.client.workflow.getHandle(incidentId);
  return (async () => {
    const took: number[] = [];
    while (!isOver()) {
      const note = { noteId: `note-${took.length}`, actor: 'person:bench', text: 'still there?' };
      took.push(await seconds(() => handle.executeUpdate(addNote, { args: [note] })));
      await sleep(500);
    }
    return took;
  })();
}

async function storm(alerts: number) {
  const environment = `storm-${alerts}`;
  const services = each ? alerts : Number(values.services);
  const now = Date.now();
  const isCritical = (index: number): boolean => !each || index % 10 === 9;
  const items = Array.from({ length: alerts }, (_, index) =>
    reportItem(
      {
        kind: 'alert',
        id: `${environment}-${index}`,
        status: 'firing',
        scope: { environment, service: `rack-${index % services}`, resourceId: `10.0.7.${index}:9100` },
        atMs: now,
        severity: isCritical(index) ? 'critical' : 'warning',
        title: `host ${index} is down`,
        source: 'alertmanager',
        attributes: {},
      },
      now,
      { startsAtMs: now, endsAtMs: null, once: false, place: null },
    ),
  );
  const earlier = await world.open(alerts);
  const roundTrips = await seconds(async () => {
    for (let index = 0; index < alerts; index += 1) await sql`select 1`.execute(db);
  });
  // An incident keeps a thousand; what comes after says nothing new.
  const expected = Math.min(alerts, (values.crowds ? 1 : services) * 1_000);
  const criticals = each ? items.filter((_, index) => isCritical(index)).length : expected;
  let recorded = false;
  const cpuBefore = cpuSeconds();
  const beganMs = performance.now();
  const since = (): number => round((performance.now() - beganMs) / 1_000);
  await world.stores.inbox.put(items);
  const put = since();
  const spoken = speakTo(earlier, () => recorded);
  const correlating = (async () => {
    while ((await dispatcher.drainOnce()) > 0);
    return since();
  })();
  const reached: Record<'half' | 'critical' | 'all', number | null> = {
    half: null,
    critical: null,
    all: null,
  };
  let progress = await progressOf(environment);
  while (reached.all === null && since() < Number(values.seconds)) {
    progress = await progressOf(environment);
    if (progress.heard >= expected / 2) reached.half ??= since();
    if (progress.critical >= criticals) reached.critical ??= since();
    if (progress.heard >= expected) reached.all = since();
    else await sleep(250);
  }
  recorded = true;
  const analyses = await analysesIn(environment);
  const cpu = cpuSeconds() - cpuBefore;
  const correlated = await correlating;
  progress = await progressOf(environment);
  const answers = await spoken;
  return {
    alerts,
    services,
    incidents: await incidentsIn(environment),
    assigned: progress.assigned,
    recorded: progress.heard,
    putSeconds: put,
    correlatedSeconds: correlated,
    recordedSeconds: reached,
    analysesBefore: analyses,
    cpuSeconds: round(cpu),
    alertsPerSecond: Math.round(alerts / correlated),
    ratio: round((correlated - put) / roundTrips),
    beside: { answers: answers.length, p50: round(quantile(answers, 0.5)), max: round(Math.max(...answers)) },
  };
}

const results: Awaited<ReturnType<typeof storm>>[] = [];
for (const size of sizes) results.push(await storm(size));
const per = (one: (typeof results)[number] | undefined): number =>
  one === undefined ? Number.NaN : one.cpuSeconds / one.alerts;
stdout.write(
  `${JSON.stringify({
    bench: 'storm',
    services: values.services,
    crowds: values.crowds,
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
