/** The API over real stores (PGlite, the embedded ClickHouse engine) with a few incidents, for whoever asks it at random. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistory } from '../../../adapters/clickhouse/history.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import { createStores, type Stores } from '../../../adapters/postgres/index.ts';
import { createPayloadOpener } from '../../../adapters/temporal/payloads/opener.ts';
import { createApp } from '../../../api/app.ts';
import { toUrlId } from '../../../api/incident-id.ts';
import { startHttp } from '../../../api/server.ts';
import { incidentIdOf } from '../../../domain/incident/incident-id.ts';
import {
  askPeople,
  perform,
  person,
  propose,
  stepOf,
  tell,
  twoOperators,
} from '../../adapters/postgres/fixtures.ts';
import { createWorld } from '../../api/in-memory.ts';
import { testPayloads } from '../payloads.ts';
import { openMemory, testLimits } from '../stores.ts';

export type ServedApi = {
  readonly url: string;
  readonly key: string;
  /** What a caller may name: ids of incidents, hashes of plans, services. */
  readonly known: { readonly refs: readonly string[]; readonly planHashes: readonly string[] };
  /** Every error the API logged. */
  readonly errors: readonly unknown[];
  close(): Promise<void>;
};

const environment = 'production';

export async function serveApi(): Promise<ServedApi> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-schemathesis-'));
  const database = await openMemory();
  const stores = createStores(database, { limits: testLimits });
  const history = createHistory({ chdbPath: join(folder, 'clickhouse') });
  const nowMs = Date.now();
  await history.write({
    environment,
    calls: [...Array(60).keys()].map((second) => ({
      ...{ atMs: nowMs - second * 1000, service: 'orders', instance: 'orders-1', side: 'server', peer: '' },
      ...{ count: 20, errors: 1, ownErrors: 1, latencyP50Ms: 3, latencyP95Ms: 40, selfTimeP50Ms: 1 },
    })),
    metrics: [],
    logs: [],
    anomalies: [],
  });
  const known = await seed(stores);
  const admin = await stores.apiKeys.create({ name: 'schemathesis', role: 'admin' }, person('test', 'admin'));
  const world = createWorld();
  const executor = createMockExecutor({
    name: 'mock',
    services: [{ service: 'orders', replicas: 2 }],
    nowMs: Date.now,
  });
  const app = createApp({
    ...world.deps,
    incidents: stores.incidentReader,
    approvals: stores.approvals,
    killSwitch: stores.killSwitch,
    effects: stores.effects,
    // Whoever asks must not lock himself out.
    apiKeys: {
      ...stores.apiKeys,
      revoke: async (keyId, by) => keyId !== admin.keyId && stores.apiKeys.revoke(keyId, by),
    },
    audit: stores.audit,
    modelTurns: stores.modelTurnReader,
    temporalPayloads: createPayloadOpener(testPayloads().keys, 'default'),
    services: stores.services,
    resources: stores.resources,
    queues: {
      depths: async () => ({ ...(await stores.queues.depths()), historyRows: history.waitingRows() }),
    },
    series: history,
    clock: { nowMs: Date.now },
    infrastructure: {
      environments: [environment],
      observe: async (name) => ({ targets: await executor.observe(name), missing: [] }),
    },
  });
  const server = await startHttp({ fetch: app.fetch, host: '127.0.0.1', port: 0 });
  return {
    url: server.url,
    key: admin.key,
    known,
    get errors() {
      return world.logged.filter(({ level }) => level === 'error');
    },
    async close() {
      await server.close();
      await history.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Incidents in the states that matter to a caller: just opened, waiting for people, acted and undone. */
async function seed(stores: Stores): Promise<ServedApi['known']> {
  const idOf = (name: string) =>
    incidentIdOf({
      environment: 'production',
      service: name,
      fingerprint: createHash('sha256').update(name).digest('hex'),
      episode: 1,
    });
  const fresh = tell(stores, environment, 'web', idOf('fresh'));
  await fresh.record(fresh.opened);
  const waiting = tell(stores, environment, 'orders', idOf('waiting'));
  await waiting.record(waiting.opened, { type: 'enrichment-started', attempt: 1 });
  const asked = await propose(stores, waiting, [stepOf(environment, 'orders')], twoOperators);
  await askPeople(stores, { ...waiting, planHash: asked.planHash, plan: asked });
  const acted = tell(stores, environment, 'billing', idOf('acted'));
  await acted.record(acted.opened, { type: 'enrichment-started', attempt: 1 });
  const done = await propose(stores, acted, [stepOf(environment, 'billing')], {
    ...{ kind: 'auto', rule: 'risk: low', reason: 'low risk' },
  });
  const ready = { ...acted, planHash: done.planHash, plan: done };
  await perform(stores, ready);
  await perform(stores, ready, 0, 'compensation');
  await stores.episodes.rememberEdges(environment, [{ caller: 'web', callee: 'orders' }]);
  return {
    refs: [fresh, waiting, acted].map(({ incidentId }) => toUrlId(incidentId)),
    planHashes: [asked.planHash, done.planHash],
  };
}
