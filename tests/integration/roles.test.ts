// The same code as separate processes (`sentinel start --role api|worker|ingest`) that share real servers given by URL:
// Postgres, Temporal, and ClickHouse's engine behind its HTTP interface. What one process is told, the others act on.

import { hostname } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../adapters/clickhouse/connection.ts';
import { onServer } from '../../adapters/postgres/database/open.ts';
import { type HttpFront, startHttpFront } from '../../bench/support/clickhouse-front.ts';
import { SentinelClient } from '../../lab/run/client.ts';
import { freePort } from '../../lab/run/sentinel-process.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';
import { type Database, freshDatabase } from '../support/postgres.ts';
import { freshNamespace } from '../support/temporal.ts';
import { temporaryFolder } from './support/folder.ts';
import { launch, newAdminKey, type Sentinel, type Settings, startUp } from './support/sentinel.ts';
import { story } from './support/story.ts';
import { startTraffic, type Traffic } from './support/traffic.ts';
import { eventually } from './support/wait.ts';

type Role = 'api' | 'worker' | 'ingest';
const roles: readonly Role[] = ['api', 'worker', 'ingest'];
const environment = 'shop-floor';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let database: Database;
let engine: ClickHouseClient;
let front: HttpFront;
let processes: Readonly<Record<Role, Sentinel>>;
let admin: SentinelClient;
let operator: SentinelClient;
let viewer: SentinelClient;
let traffic: Traffic;

beforeAll(async () => {
  folder = await temporaryFolder('roles');
  const [{ address, namespace }, empty] = await Promise.all([
    freshNamespace(searchAttributeNames),
    freshDatabase(),
  ]);
  database = empty;
  engine = await connect({ chdbPath: join(folder.path, 'clickhouse') });
  front = await startHttpFront(engine);
  const adminKey = newAdminKey();
  const shared: Settings = {
    temporal: { address, namespace },
    clickhouse: { url: front.url },
    ingest: { defaultEnvironment: environment },
    executors: [
      {
        name: 'mock',
        type: 'mock',
        environments: [environment],
        services: [{ service: 'orders', replicas: 2 }],
      },
    ],
  };
  const start = async (role: Role): Promise<Sentinel> => {
    const settings = { ...shared, server: { host: '127.0.0.1', port: await freePort() } };
    const env = { SENTINEL_POSTGRES_URL: database.url, SENTINEL_TEMPORAL_PAYLOAD_KEYS: payloadKey };
    return startUp(join(folder.path, role), settings, { role, env, adminKey });
  };
  // All at once: the migrations of an empty database are made by one of them, and awaited by the others.
  const started = await Promise.allSettled(roles.map(start));
  const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const [api, worker, ingest] = running;
  if (api === undefined || worker === undefined || ingest === undefined) {
    for (const one of running) await one.end();
    throw started.find((one) => one.status === 'rejected')?.reason;
  }
  processes = { api, worker, ingest };
  admin = api.admin;
  const as = async (role: string) => new SentinelClient(api.url, await admin.createKey(`a ${role}`, role));
  operator = await as('operator');
  viewer = await as('viewer');
  traffic = startTraffic(ingest.url, { environment, service: 'orders' });
});

afterAll(async () => {
  await traffic?.stop().catch(() => {});
  for (const one of Object.values(processes ?? {})) await one.end();
  await front?.close();
  await engine?.close();
  await database?.drop();
  await folder?.remove();
});

test('each process says where it runs, so that none acts on another', async () => {
  const said = await onServer(database.url, (db) =>
    db.selectFrom('own_processes').select(['role', 'parts']).orderBy('role').execute(),
  );
  expect(said).toEqual(
    roles.toSorted().map((role) => {
      const here = { name: hostname(), is: `its process of role ${role}` };
      return { role, parts: expect.arrayContaining([here]) };
    }),
  );
});

test('an alert that ingest took becomes an incident at the api, and goes to a person with the reason', async () => {
  const key = await admin.createKey('the monitoring', 'operator');
  const monitoring = new SentinelClient(processes.ingest.url, key);
  const alert = { id: 'a1', service: 'billing', title: 'no bill was written since yesterday' };
  const taken = await monitoring.request('POST', '/api/v1/trigger-alert', alert);
  expect(taken).toMatchObject({ status: 202, body: { accepted: 1 } });
  expect(await monitoring.request('POST', '/api/v1/trigger-alert', alert)).toMatchObject({
    body: { duplicates: 1 },
  });

  const incident = await eventually(
    'the end of its incident',
    async () =>
      (await viewer.incidents()).find(({ service, outcome }) => service === 'billing' && outcome !== null) ??
      null,
  );
  expect(incident.outcome).toBe('escalated');
  const timeline = await viewer.timeline(incident.id);
  expect(timeline[0]).toMatchObject({ type: 'incident-opened', scope: { environment, service: 'billing' } });
  expect(timeline.find(({ type }) => type === 'handed-over')).toMatchObject({
    outcome: 'escalated',
    reason: expect.stringContaining('The diagnosis is inconclusive'),
  });
  expect(timeline.filter(({ type }) => type === 'intent-written')).toEqual([]);
  expect(incident).toMatchObject({ status: 'handed-over', closedAtMs: null });
});

test('an approved plan stops at the gate of the worker, because of a kill switch that was set at the api', async ({
  onTestFinished,
  task,
}) => {
  onTestFinished(async () => {
    if (task.result?.state === 'fail') console.error(await story(viewer));
  });
  const engage = { environment, engaged: true, reason: 'somebody works on it by hand' };
  expect((await viewer.request('POST', '/api/v1/kill-switch', engage)).status).toBe(403);
  expect((await operator.request('POST', '/api/v1/kill-switch', engage)).status).toBe(200);

  await eventually('ordinary traffic', () => traffic.seconds >= 18);
  traffic.fail(0.6);
  const pending = await eventually(
    'a plan that waits',
    async () => (await viewer.pendingApprovals())[0] ?? null,
  );
  expect(await viewer.decide(pending, 'approve', 'looks fine')).toBe(false);
  expect(await operator.decide(pending, 'approve', 'looks fine')).toBe(true);

  const refused = await eventually(
    'the gate to refuse',
    async () =>
      (await viewer.timeline(pending.incidentId)).find(({ type }) => type === 'gate-refused') ?? null,
  );
  expect(refused).toMatchObject({ reason: 'kill-switch', detail: expect.stringContaining(engage.reason) });
  const labels = { reason: 'kill-switch' };
  expect(await processes.worker.metric('sentinel_gate_refusals_total', labels)).toBeGreaterThan(0);
  expect(await processes.api.metric('sentinel_gate_refusals_total', labels)).toBe(0);

  const path = `/api/v1/incidents/${encodeURIComponent(pending.incidentId)}/take-over`;
  expect((await viewer.request('POST', path, { reason: 'mine' })).status).toBe(403);
  expect((await operator.request('POST', path, { reason: 'I am on it' })).status).toBe(200);
  const closed = await eventually(
    'the incident to be theirs',
    async () =>
      (await viewer.incidents()).find(({ id, outcome }) => id === pending.incidentId && outcome !== null) ??
      null,
  );
  expect(closed.outcome).toBe('taken-over');
  const timeline = await viewer.timeline(pending.incidentId);
  expect(timeline.filter(({ type }) => type === 'intent-written' || type === 'effect-applied')).toEqual([]);
});

const payloadKey = `key1:${Buffer.alloc(32, 'k').toString('base64')}`;

describe('told to end', () => {
  beforeAll(() => traffic.stop());

  test.each(roles)('%s ends in order, with exit code 0', async (role) => {
    const { code, stderr } = await processes[role].stop();
    expect(stderr).toContain('SIGTERM: stopping');
    expect(code).toBe(0);
  });
});

describe('without a server that it needs', () => {
  test.each([
    [
      'api',
      {},
      ['temporal.address', 'SENTINEL_TEMPORAL_PAYLOAD_KEYS', 'SENTINEL_POSTGRES_URL', 'clickhouse.url'],
    ],
    ['worker', { temporal: { address: '127.0.0.1:1' } }, ['SENTINEL_POSTGRES_URL', 'clickhouse.url']],
    ['ingest', { clickhouse: { enabled: false } }, ['temporal.address', 'SENTINEL_POSTGRES_URL']],
  ] as const)('%s says which, and ends with 2', async (role, settings, missing) => {
    const { running } = await launch(join(folder.path, `without-${role}`), settings, { role });
    const { code, stderr, stdout } = await running.done;
    expect(code).toBe(2);
    for (const name of missing) expect(stderr).toContain(name);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).toBe('');
  });
});
