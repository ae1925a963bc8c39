import { describe, expect, test } from 'vitest';
import type { ResourceSample } from '../../domain/infrastructure/usage.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

const sample = (metric: string, value: number, more: Partial<ResourceSample> = {}): ResourceSample => ({
  ...{ environment: 'production', service: 'orders', instance: 'orders-1', metric, attributes: '' },
  ...{ atMs: 1_700_000_050_000, value, ...more },
});

describe('GET /api/v1/resource-usage', () => {
  test('puts telemetry and what executors see together', async () => {
    const world = createWorld();
    world.samples = [
      sample('container.memory.usage', 900),
      sample('container.memory.limit', 1_000),
      sample('process.cpu.utilization', 0.5, { service: 'web' }),
    ];
    const replica = { state: 'running', startedAtMs: 1, restarts: 0 } as const;
    const target = {
      ...{ executor: 'cluster', release: 'v1', config: 'c1', supports: [], desiredReplicas: 2 },
      replicas: [{ ...replica, id: 'a' }],
    };
    world.observed = {
      targets: [
        { ...target, target: { environment: 'production', service: 'orders' } },
        { ...target, target: { environment: 'production', service: 'db' } },
      ],
      missing: [{ executor: 'other', reason: 'no answer within 3000 ms' }],
    };
    const { json } = await clientOf(world)('/api/v1/resource-usage');
    expect(json).toMatchObject({
      items: [
        { service: 'db', memory: null, seenAtMs: null, containers: { running: 1, wanted: 2 } },
        { service: 'orders', memory: { share: 0.9 }, containers: { running: 1, wanted: 2 } },
        { service: 'web', cpu: { share: 0.5 }, containers: null },
      ],
      missing: [{ source: 'other', reason: 'no answer within 3000 ms' }],
    });
  });

  test('without history says so, and shows what executors see', async () => {
    const world = createWorld();
    const gone = () => Promise.reject(new Error('history does not answer'));
    const deps = { ...world.deps, series: { series: gone, latest: gone } };
    expect((await clientOf({ ...world, deps })('/api/v1/resource-usage')).json).toMatchObject({
      missing: [{ source: 'history', reason: 'history does not answer' }],
    });
    const off = { ...world.deps, series: null };
    expect((await clientOf({ ...world, deps: off })('/api/v1/resource-usage')).json).toMatchObject({
      missing: [{ source: 'history', reason: 'telemetry history is switched off' }],
    });
  });
});
