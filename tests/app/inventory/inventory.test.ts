// What a process knows of targets beyond what executors report: the rules, and what it stands on itself.

import { describe, expect, test } from 'vitest';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import { createInventory, withInventory } from '../../../app/inventory/inventory.ts';
import { ownParts, type Surroundings } from '../../../app/inventory/own-parts.ts';
import { loadConfig } from '../../../config/load.ts';
import { inventoryConfigSchema } from '../../../domain/inventory/rules.ts';

const nowhere: Surroundings = { hostname: 'laptop', containers: '', namespace: null };
const id = 'ab'.repeat(32);

function configOf(env: Readonly<Record<string, string>> = {}) {
  const loaded = loadConfig({ env, cwd: import.meta.dirname });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

describe('own parts', () => {
  test('a process on a machine of its own is that machine', () => {
    expect(ownParts(configOf(), nowhere)).toEqual([{ name: 'laptop', is: 'this process' }]);
  });

  test('in a container it is the container, however its control groups are written', () => {
    for (const containers of [
      `0::/system.slice/docker-${id}.scope`,
      `12:pids:/kubepods/besteffort/pod123/${id}`,
      `607 605 254:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw`,
    ])
      expect(ownParts(configOf(), { ...nowhere, containers })).toContainEqual({
        name: id,
        is: 'this process',
      });
  });

  test('the servers of its configuration are its own, wherever they are, but not the machine itself', () => {
    const base = configOf({
      SENTINEL_POSTGRES_URL: 'postgres://u:secret@pg-a.db.svc.cluster.local:5432/sentinel',
    });
    const config = {
      ...base,
      temporal: { ...base.temporal, address: 'temporal:7233' },
      clickhouse: { ...base.clickhouse, url: 'http://127.0.0.1:8123' },
      kafka: { ...base.kafka, brokers: ['Kafka-0.eu.example.com:9092', '[::1]:9092', '10.0.0.7:9092'] },
    };
    const parts = ownParts(config, { ...nowhere, namespace: 'ops' });
    expect(parts).toEqual([
      { name: 'laptop', namespace: 'ops', is: 'this process' },
      { name: 'pg-a', namespace: 'db', is: 'its Postgres' },
      { name: 'temporal', namespace: 'ops', is: 'its Temporal' },
      { name: 'kafka-0.eu.example.com', is: 'its Kafka' },
      { name: '10.0.0.7', is: 'its Kafka' },
    ]);
    expect(JSON.stringify(parts)).not.toContain('secret');
  });
});

describe('targets of an executor', () => {
  const executor = () =>
    createMockExecutor({
      name: 'mock',
      services: [
        { service: 'orders', replicas: 1 },
        { service: 'temporal', replicas: 1 },
      ],
      nowMs: () => 0,
    });
  const base = configOf();
  const inventoryOf = (...rules: readonly unknown[]) =>
    createInventory(
      {
        ...base,
        temporal: { ...base.temporal, address: 'temporal:7233' },
        inventory: inventoryConfigSchema.parse({ rules }),
      },
      nowhere,
    );

  test('carry what the rules say, and are protected when Sentinel stands on them, whatever a rule says', async () => {
    const inventory = inventoryOf({ match: { service: '*' }, tier: 'core', protected: false });
    const seen = await withInventory(executor(), inventory).observe('production');
    expect(seen.map((one) => [one.target.service, one.tier, one.protected])).toEqual([
      ['orders', 'core', undefined],
      ['temporal', 'core', "it is one of Sentinel's own parts (its Temporal: temporal)"],
    ]);
  });

  test('are found by the service that a rule gives them, and not by the one it takes away', async () => {
    const inner = executor();
    const resource = 'docker/web1/orders';
    inner.observe = async (_environment, service) => {
      const state = (await executor().observe('production', 'orders'))[0];
      if (state === undefined) throw new Error('the mock knows it');
      const all = [{ ...state, target: { ...state.target, resource } }];
      return all.filter(({ target }) => service === undefined || target.service === service);
    };
    const wrapped = withInventory(
      inner,
      inventoryOf({ match: { resource: 'docker/*' }, service: 'checkout' }),
    );
    const found = await wrapped.observe('production', 'checkout');
    expect(found.map(({ target }) => target)).toEqual([
      { environment: 'production', service: 'checkout', resource },
    ]);
    expect(await wrapped.observe('production', 'orders')).toEqual([]);
  });

  test('whose name cannot be read are protected: nobody could say from what else they differ', async () => {
    const inner = executor();
    const [state] = await inner.observe('production', 'orders');
    if (state === undefined) throw new Error('the mock knows it');
    const described = inventoryOf().describe({
      ...state,
      target: { ...state.target, resource: 'docker/../x' },
    });
    expect(described.protected).toContain('its name cannot be read');
  });

  test('go through everything else of the executor unchanged', async () => {
    const inner = executor();
    const { close: _close, ...without } = inner;
    const wrapped = withInventory(inner, inventoryOf());
    const step = {
      action: 'restart',
      target: { environment: 'production', service: 'orders' },
      parameters: {},
    } as const;
    expect(wrapped.name).toBe('mock');
    expect(await wrapped.preview(step)).toMatchObject({ ok: true });
    // What a vendor cannot do must not look as if it could.
    expect(typeof wrapped.close).toBe('function');
    expect(withInventory(without, inventoryOf()).close).toBeUndefined();
  });

  test('what has only a key is protected by the same rules', () => {
    const inventory = inventoryOf({
      match: { resource: 'kubernetes/*/kube-system/*' },
      protected: 'the cluster',
    });
    expect(inventory.protection('production', 'kubernetes/main/kube-system/deployment/dns')).toBe(
      'the cluster',
    );
    expect(inventory.protection('production', 'kubernetes/main/shop/deployment/orders')).toBeNull();
    expect(inventory.protection('production', 'service/production/temporal')).toContain('its Temporal');
    expect(inventory.protection('production', 'docker/web1/temporal')).toContain('its Temporal');
    expect(inventory.protection('production', 'nonsense')).toContain('cannot be read');
  });
});
