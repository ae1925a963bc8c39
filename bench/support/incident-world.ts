// Whole incidents: real workflows, stores, analysis and gate; only the telemetry and the target are made up. Each incident
// has an environment of its own, where a release broke one service and its rollback heals it.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ActivityDeps } from '../../activities/deps.ts';
import { createActivities } from '../../activities/index.ts';
import { createMockExecutor } from '../../adapters/mock/executor.ts';
import { createStores, type Database, type Stores } from '../../adapters/postgres/index.ts';
import { connectTemporal, type TemporalClient } from '../../adapters/temporal/connect.ts';
import { createIncidentStarter } from '../../adapters/temporal/incident-starter.ts';
import type { PayloadProtection } from '../../adapters/temporal/payloads/codec.ts';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { payloadKeys } from '../../adapters/temporal/payloads/keys.ts';
import { unprotected } from '../../adapters/temporal/security.ts';
import { connectWorkers, installTemporalRuntime } from '../../app/worker/runtime.ts';
import { type RunningWorker, startWorker } from '../../app/worker/start-worker.ts';
import { type PolicyConfig, policyConfigSchema } from '../../domain/policy/config.ts';
import type { People } from '../../domain/policy/people.ts';
import { limitsConfigSchema } from '../../domain/remediation/limits.ts';
import { defaultRunbook } from '../../domain/remediation/runbook.ts';
import { verificationConfigSchema } from '../../domain/remediation/verify-config.ts';
import type { IncidentStarter } from '../../ingest/ports.ts';
import { type IncidentSettings, incidentTaskQueue } from '../../workflows/messages.ts';
import { brokenService, madeUpHistory } from './made-up-telemetry.ts';

type MockExecutor = ReturnType<typeof createMockExecutor>;
type Intent = Parameters<MockExecutor['begin']>[0];

const worldKey = { id: 'world', secret: randomBytes(32) };
/** For the processes that work on the same incidents. */
export const worldEnvironment = {
  SENTINEL_TEMPORAL_PAYLOAD_KEYS: `${worldKey.id}:${worldKey.secret.toString('base64')}`,
};

export type IncidentWorldOptions = {
  readonly database: Database;
  readonly temporal: { readonly address: string; readonly namespace: string };
  /** Environments are called this and the incident's number. */
  readonly prefix?: string;
  /** Who votes; default: nobody. */
  readonly people?: People;
  /** Everything is allowed, when left out. */
  readonly policy?: PolicyConfig;
  readonly settings?: Partial<IncidentSettings>;
  /** When the trouble began; now, when left out. */
  readonly beganMs?: number;
  /** Every call that reaches the executor, before it acts. */
  readonly onEffect?: (intent: Intent) => void;
  /** What activities work with instead of the usual. */
  readonly instead?: (usual: ActivityDeps, stores: Stores) => Partial<ActivityDeps>;
};

export type IncidentWorld = {
  readonly stores: Stores;
  readonly database: Database;
  readonly client: TemporalClient['client'];
  readonly executor: MockExecutor;
  readonly starter: IncidentStarter;
  environmentOf(index: number): string;
  /** Starts the incident of that number; answers its id. */
  open(index: number): Promise<string>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  /** Its own connections; the servers are the caller's. */
  close(): Promise<void>;
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const bundleCache = join(import.meta.dirname, '../../node_modules/.cache/sentinel-workflows');

export async function createIncidentWorld(options: IncidentWorldOptions): Promise<IncidentWorld> {
  const { database, temporal, prefix = 'bench-', beganMs = Date.now(), onEffect, instead } = options;
  installTemporalRuntime(silent);
  const policy =
    options.policy ?? policyConfigSchema.parse({ byRisk: { low: 'auto', medium: 'auto', high: 'auto' } });
  const stores = createStores(database, {
    policy,
    ...(options.people === undefined ? {} : { people: options.people }),
    limits: limitsConfigSchema.parse({
      effectsPerMinute: 10_000,
      effectsPerHour: 100_000,
      effectsPerEnvironmentPerMinute: 10_000,
      effectsPerEnvironmentPerHour: 10_000,
      effectsPerTargetPerMinute: 1_000,
      effectsPerTargetPerHour: 1_000,
    }),
  });
  const healedAtMs = new Map<string, number>();
  const executor = createMockExecutor({
    name: 'mock',
    services: [{ service: brokenService, replicas: 2 }],
    nowMs: () => Date.now(),
  });
  const acting: MockExecutor = {
    ...executor,
    async begin(intent, send) {
      onEffect?.(intent);
      const answer = await executor.begin(intent, send);
      if (intent.action === 'rollback-release') healedAtMs.set(intent.target.environment, Date.now());
      return answer;
    },
  };
  const usual: ActivityDeps = {
    model: null,
    pastIncidents: null,
    outside: [],
    ...stores,
    approvals: stores.approvalRequests,
    history: madeUpHistory(beganMs, healedAtMs),
    executors: { forTarget: () => acting, forEnvironment: () => [acting] },
    policy,
    runbook: defaultRunbook,
    verification: verificationConfigSchema.parse({ settleSeconds: 0, windowSeconds: 2, minSamples: 2 }),
    clock: { nowMs: () => Date.now() },
    logger: silent,
    metrics: { count() {}, observe() {} },
  };
  const activities = createActivities({ ...usual, ...instead?.(usual, stores) });
  const payloads: PayloadProtection = {
    keys: payloadKeys([worldKey]),
    mode: 'signed',
    keysSinceMs: null,
    nowMs: Date.now,
  };
  const connected = await connectTemporal({ ...temporal, payloads, security: unprotected });
  const starter = createIncidentStarter({
    client: connected.client,
    taskQueue: incidentTaskQueue,
    settings: {
      settleMs: 1,
      maxAttempts: 3,
      verifyIntervalMs: 1_000,
      verifyTimeoutMs: 60_000,
      selfRecoveryMs: 1_000,
      watchMs: 1_000,
      answersAreSigned: true,
      ...options.settings,
    },
  });
  const connection = await connectWorkers(temporal.address, {});
  let worker: RunningWorker | null = null;
  const environmentOf = (index: number): string => `${prefix}${index}`;

  const world: IncidentWorld = {
    stores,
    database,
    client: connected.client,
    executor,
    starter,
    environmentOf,
    async open(index) {
      const environment = environmentOf(index);
      const { anomaly, change } = madeUpHistory.trouble(environment, beganMs);
      await stores.episodes.rememberChange(change);
      const assigned = await stores.episodes.assign(anomaly, { windowMs: 0, maxHops: 0 });
      if (assigned.kind !== 'incident') throw new Error(`no incident was opened: ${assigned.reason}`);
      await starter.tell({ ...assigned.input, title: 'errors' }, [{ kind: 'observed', anomaly }]);
      return assigned.input.incidentId;
    },
    async startWorker() {
      worker = await startWorker({
        connection,
        namespace: temporal.namespace,
        logger: silent,
        bundle: { cacheDir: bundleCache },
        activities,
        dataConverter: dataConverterOf(payloads, 'worker'),
      });
    },
    async stopWorker() {
      await worker?.stop();
      worker = null;
    },
    async close() {
      await world.stopWorker();
      await connection.close();
      await connected.close();
    },
  };
  return world;
}
