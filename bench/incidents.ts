// Incidents a second through the whole workflow: signal, evidence, diagnosis, plan, policy, gate, effect, verification,
// postmortem. Temporal's dev server, PGlite, one worker and the mock executor; only the telemetry is made up. Prints one
// JSON line.
//
// node bench/incidents.ts [--incidents 100] [--durable]   (--durable: PGlite and Temporal write to disk)

import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { createActivities } from '../activities/index.ts';
import { createMockExecutor } from '../adapters/mock/executor.ts';
import { createStores, openDatabase } from '../adapters/postgres/index.ts';
import { connectTemporal } from '../adapters/temporal/connect.ts';
import { createIncidentStarter } from '../adapters/temporal/incident-starter.ts';
import { obtainTemporalCli, startTemporalDevServer } from '../adapters/temporal-dev-server/index.ts';
import { policyConfigSchema } from '../domain/policy/config.ts';
import { limitsConfigSchema } from '../domain/remediation/limits.ts';
import { defaultRunbook } from '../domain/remediation/runbook.ts';
import { verificationConfigSchema } from '../domain/remediation/verify-config.ts';
import { connectWorkers, installTemporalRuntime } from '../workers/runtime.ts';
import { startWorker } from '../workers/start-worker.ts';
import { incidentTaskQueue, incidentWorkflowId } from '../workflows/messages.ts';
import { searchAttributeNames } from '../workflows/search-attributes.ts';
import { brokenService, madeUpHistory } from './support/made-up-telemetry.ts';

const { values } = parseArgs({
  options: { incidents: { type: 'string', default: '100' }, durable: { type: 'boolean', default: false } },
});
const incidents = Number(values.incidents);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const folder = await mkdtemp(join(tmpdir(), 'sentinel-bench-'));

installTemporalRuntime(silent);
const server = await startTemporalDevServer({
  executable: await obtainTemporalCli({
    cacheDir: join(homedir(), '.cache', 'sentinel'),
    report: (line) => stderr.write(`${line}\n`),
  }),
  dir: join(folder, 'temporal'),
  inMemory: !values.durable,
  namespace: 'default',
  searchAttributes: searchAttributeNames,
});
const database = await openDatabase(
  values.durable ? { dataDir: join(folder, 'postgres') } : { memory: true },
);
const stores = createStores(database, {
  limits: limitsConfigSchema.parse({ effectsPerEnvironmentPerHour: 10_000, effectsPerTargetPerHour: 1_000 }),
});
const executor = createMockExecutor({
  name: 'mock',
  services: [{ service: brokenService, replicas: 2 }],
  nowMs: () => Date.now(),
});
const healedAtMs = new Map<string, number>();
const acting = {
  ...executor,
  async apply(intent: Parameters<typeof executor.apply>[0]) {
    const answer = await executor.apply(intent);
    if (intent.action === 'rollback-release') healedAtMs.set(intent.target.environment, Date.now());
    return answer;
  },
};
const began = Date.now();
const connection = await connectWorkers(server.address);
const worker = await startWorker({
  connection,
  namespace: 'default',
  logger: silent,
  bundle: { cacheDir: join(import.meta.dirname, '../node_modules/.cache/sentinel-workflows') },
  activities: createActivities({
    model: null,
    ...stores,
    approvals: stores.approvalRequests,
    history: madeUpHistory(began, healedAtMs),
    executors: { forTarget: () => acting, forEnvironment: () => [acting] },
    notifier: { notify: async () => {} },
    policy: policyConfigSchema.parse({ byRisk: { low: 'auto', medium: 'auto', high: 'auto' } }),
    runbook: defaultRunbook,
    verification: verificationConfigSchema.parse({ settleSeconds: 0, windowSeconds: 2, minSamples: 2 }),
    clock: { nowMs: () => Date.now() },
    logger: silent,
    metrics: { count() {}, observe() {} },
  }),
});
const temporal = await connectTemporal({ address: server.address, namespace: 'default' });
const starter = createIncidentStarter({
  client: temporal.client,
  taskQueue: incidentTaskQueue,
  settings: {
    settleMs: 1,
    maxAttempts: 3,
    verifyIntervalMs: 1_000,
    verifyTimeoutMs: 60_000,
    selfRecoveryMs: 1_000,
    watchMs: 1_000,
  },
});

async function oneIncident(index: number): Promise<{ outcome: string; seconds: number; events: number }> {
  const environment = `bench-${index}`;
  const { anomaly, change } = madeUpHistory.trouble(environment, began);
  await stores.episodes.rememberChange(change);
  const incidentId = incidentWorkflowId(index.toString(16).padStart(32, '0'), 1);
  const { scope } = anomaly;
  const input = {
    incidentId,
    fingerprint: environment,
    episode: 1,
    scope,
    severity: anomaly.severity,
    title: 'errors',
  };
  const from = performance.now();
  await starter.observed(input, anomaly);
  const handle = temporal.client.workflow.getHandle(incidentId);
  const { outcome } = (await handle.result()) as { outcome: string };
  const seconds = (performance.now() - from) / 1_000;
  return { outcome, seconds, events: (await handle.describe()).historyLength };
}

const from = performance.now();
const all = await Promise.all(Array.from({ length: incidents }, (_, index) => oneIncident(index)));
const seconds = (performance.now() - from) / 1_000;
const times = all.map((one) => one.seconds).toSorted((left, right) => left - right);
const quantile = (share: number): number =>
  round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
const outcomes = Object.groupBy(all, ({ outcome }) => outcome);
stdout.write(
  `${JSON.stringify({
    bench: 'incidents',
    incidents,
    durable: values.durable,
    seconds: round(seconds),
    incidentsPerSecond: round(incidents / seconds),
    secondsEach: { p50: quantile(0.5), p95: quantile(0.95) },
    historyEventsEach: Math.round(all.reduce((sum, { events }) => sum + events, 0) / incidents),
    outcomes: Object.fromEntries(Object.entries(outcomes).map(([name, ones]) => [name, ones?.length ?? 0])),
    effects: executor.ledger.length,
    residentMegabytes: Math.round(process.memoryUsage.rss() / 1e6),
  })}\n`,
);
await worker.stop();
await connection.close();
await temporal.close();
await database.close();
await server.stop();
await rm(folder, { recursive: true, force: true });

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
