// Processes of one installation over one database: what one of them runs in, no other acts on.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OwnProcesses } from '../../../adapters/postgres/own-processes.ts';
import { createInventory } from '../../../app/inventory/inventory.ts';
import { createOtherProcesses } from '../../../app/inventory/other-processes.ts';
import { itself, type Surroundings } from '../../../app/inventory/own-parts.ts';
import { createShutdown } from '../../../app/lifecycle/shutdown.ts';
import { loadConfig } from '../../../config/load.ts';
import type { OwnPart } from '../../../domain/inventory/own-parts.ts';

const container = 'cd'.repeat(32);
const inContainer: Surroundings = {
  ...{ hostname: container.slice(0, 12), namespace: null },
  containers: `0::/system.slice/docker-${container}.scope`,
};
const inPod: Surroundings = { hostname: 'sentinel-worker-7d9f8b6c5-x2k4q', containers: '', namespace: 'ops' };
const loaded = loadConfig({ env: {}, cwd: import.meta.dirname });

/** As over one database, which can be away. */
function sharedStore() {
  const rows = new Map<string, readonly OwnPart[]>();
  const state = { away: false };
  const asked = <T>(value: () => T): Promise<T> =>
    state.away ? Promise.reject(new Error('the database is away')) : Promise.resolve(value());
  const store: OwnProcesses = {
    report: (id, _role, parts) => asked(() => void rows.set(id, parts)),
    withdraw: (id) => asked(() => void rows.delete(id)),
    others: (own) => asked(() => [...rows].flatMap(([id, parts]) => (id === own ? [] : parts))),
  };
  return { store, state };
}

const warnings: string[] = [];
const log = { warn: (_: object, message: string) => void warnings.push(message) };
const shutdowns: ReturnType<typeof createShutdown>[] = [];

async function start(store: OwnProcesses, role: string, surroundings: Surroundings) {
  if (!loaded.ok) throw new Error('the configuration is wrong');
  const others = createOtherProcesses();
  const inventory = createInventory(loaded.config, surroundings, others.parts);
  const shutdown = createShutdown((_, error) => {
    throw error;
  });
  shutdowns.push(shutdown);
  await others.join(store, { role, own: itself(surroundings) }, log, shutdown);
  return { protects: (key: string) => inventory.protection('production', key), stop: () => shutdown.close() };
}

beforeEach(() => {
  warnings.length = 0;
  vi.useFakeTimers();
});
afterEach(async () => {
  for (const shutdown of shutdowns.splice(0)) await shutdown.close();
  vi.useRealTimers();
});

test('each protects what the others run in, from its start on', async () => {
  const { store } = sharedStore();
  const api = await start(store, 'api', inContainer);
  const worker = await start(store, 'worker', inPod);
  expect(worker.protects(`docker/web1/${container.slice(0, 12)}`)).toContain('its process of role api');
  expect(worker.protects('docker/web1/orders')).toBeNull();
  expect(api.protects('kubernetes/main/ops/deployment/sentinel-worker'), 'not heard of yet').toBeNull();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(api.protects('kubernetes/main/ops/deployment/sentinel-worker')).toContain(
    'its process of role worker',
  );
  expect(api.protects('kubernetes/main/shop/deployment/sentinel-worker')).toBeNull();
});

test('while nobody can be asked, none is forgotten; one that ended in order is', async () => {
  const { store, state } = sharedStore();
  const worker = await start(store, 'worker', inPod);
  const api = await start(store, 'api', inContainer);
  const key = 'kubernetes/main/ops/deployment/sentinel-worker';
  state.away = true;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(api.protects(key)).not.toBeNull();
  expect(warnings.length).toBeGreaterThan(0);
  state.away = false;
  await worker.stop();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(api.protects(key)).toBeNull();
});

test('a process that cannot ask who else is there does not start', async () => {
  const { store, state } = sharedStore();
  state.away = true;
  await expect(start(store, 'worker', inPod)).rejects.toThrow('the database is away');
  state.away = false;
});
