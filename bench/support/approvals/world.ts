// Incidents that really wait for people: real workflows, stores, analysis and gate; only the telemetry and the target are made
// up. The worker is in this process and can be replaced; the API is `sentinel start --role api` and can be killed.

import { join } from 'node:path';
import { createActivities } from '../../../activities/index.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import { createStores, openDatabase, type Stores } from '../../../adapters/postgres/index.ts';
import { connectTemporal } from '../../../adapters/temporal/connect.ts';
import { createIncidentStarter } from '../../../adapters/temporal/incident-starter.ts';
import { policyConfigSchema } from '../../../domain/policy/config.ts';
import { limitsConfigSchema } from '../../../domain/remediation/limits.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';
import { verificationConfigSchema } from '../../../domain/remediation/verify-config.ts';
import { connectWorkers, installTemporalRuntime } from '../../../workers/runtime.ts';
import { type RunningWorker, startWorker } from '../../../workers/start-worker.ts';
import { incidentTaskQueue, incidentWorkflowId } from '../../../workflows/messages.ts';
import { brokenService, madeUpHistory } from '../made-up-telemetry.ts';

export type ApprovalWorldOptions = {
  readonly databaseUrl: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly quorum?: number;
};

export type Effect = { readonly environment: string; readonly action: string; readonly startedAtMs: number };

export type ApprovalWorld = {
  readonly stores: Stores;
  /** Every call that reached the executor, compensations too, in order. */
  readonly effects: readonly Effect[];
  /** Starts an incident in an environment of its own; answers its id. */
  open(index: number): Promise<string>;
  environmentOf(index: number): string;
  /** Of the incident's approvals, by plan: how many decisions are stored. */
  decisionsOf(incidentId: string): Promise<number>;
  /** As if every pause after a failed notification, and every lease, were over. */
  hurryNotifications(): Promise<void>;
  startWorker(): Promise<void>;
  stopWorker(): Promise<void>;
  close(): Promise<void>;
};

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const bundleCache = join(import.meta.dirname, '../../../node_modules/.cache/sentinel-workflows');

export async function createApprovalWorld(options: ApprovalWorldOptions): Promise<ApprovalWorld> {
  const { databaseUrl, temporal: server, quorum = 1 } = options;
  installTemporalRuntime(silent);
  const database = await openDatabase({ url: databaseUrl });
  const stores = createStores(database, {
    limits: limitsConfigSchema.parse({
      effectsPerEnvironmentPerHour: 10_000,
      effectsPerTargetPerHour: 1_000,
    }),
  });
  const began = Date.now();
  const healedAtMs = new Map<string, number>();
  const effects: Effect[] = [];
  const executor = createMockExecutor({
    name: 'mock',
    services: [{ service: brokenService, replicas: 2 }],
    nowMs: () => Date.now(),
  });
  const acting: typeof executor = {
    ...executor,
    async apply(intent) {
      const { environment } = intent.target;
      effects.push({ environment, action: intent.action, startedAtMs: Date.now() });
      const answer = await executor.apply(intent);
      if (intent.action === 'rollback-release') healedAtMs.set(environment, Date.now());
      return answer;
    },
  };
  const ask = { approval: 'operator', quorum, deadlineMinutes: 600 };
  const activities = createActivities({
    model: null,
    ...stores,
    approvals: stores.approvalRequests,
    history: madeUpHistory(began, healedAtMs),
    executors: { forTarget: () => acting, forEnvironment: () => [acting] },
    notifier: { notify: async () => {} },
    policy: policyConfigSchema.parse({ byRisk: { low: ask, medium: ask, high: ask } }),
    runbook: defaultRunbook,
    verification: verificationConfigSchema.parse({ settleSeconds: 0, windowSeconds: 2, minSamples: 2 }),
    clock: { nowMs: () => Date.now() },
    logger: silent,
    metrics: { count() {}, observe() {} },
  });
  const client = await connectTemporal(server);
  const starter = createIncidentStarter({
    client: client.client,
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
  const connection = await connectWorkers(server.address);
  let worker: RunningWorker | null = null;
  const environmentOf = (index: number): string => `approval-${index}`;

  return {
    stores,
    effects,
    environmentOf,
    async open(index) {
      const environment = environmentOf(index);
      const { anomaly, change } = madeUpHistory.trouble(environment, began);
      await stores.episodes.rememberChange(change);
      const incidentId = incidentWorkflowId(index.toString(16).padStart(32, '0'), 1);
      const { scope, severity } = anomaly;
      const input = { incidentId, fingerprint: environment, episode: 1, scope, severity, title: 'errors' };
      await starter.observed(input, anomaly);
      return incidentId;
    },
    async decisionsOf(incidentId) {
      const rows = await database.db
        .selectFrom('approvals')
        .select('id')
        .where('incident_id', '=', incidentId)
        .execute();
      return rows.length;
    },
    async hurryNotifications() {
      await database.db.updateTable('notifications').set({ next_at_ms: 0, locked_until_ms: 0 }).execute();
    },
    async startWorker() {
      worker = await startWorker({
        connection,
        namespace: server.namespace,
        logger: silent,
        bundle: { cacheDir: bundleCache },
        activities,
      });
    },
    async stopWorker() {
      await worker?.stop();
      worker = null;
    },
    async close() {
      await worker?.stop();
      await connection.close();
      await client.close();
      await database.close();
    },
  };
}
