/** The seams of a composed process: who serves a path, who may send, which executor acts, what is closed when. */
import { describe, expect, it } from 'vitest';
import { routed } from '../../app/api/http.ts';
import { createExecutors } from '../../app/executors.ts';
import { shared } from '../../app/lifecycle/health.ts';
import { createShutdown } from '../../app/lifecycle/shutdown.ts';
import { callOf } from '../support/calls.ts';
import { intent } from '../support/one-intent.ts';

describe('one address', () => {
  const from = { address: '203.0.113.7' };
  const fetch = routed({ ingest: () => new Response('ingest'), api: () => new Response('api') });
  const served = async (path: string) => (await fetch(new Request(`http://localhost${path}`), from)).text();

  it.each([
    ['/v1/metrics', 'ingest'],
    ['/v1/logs', 'ingest'],
    ['/v1/traces', 'ingest'],
    ['/api/v1/events', 'ingest'],
    ['/api/v1/trigger-alert', 'ingest'],
    ['/api/v1/incidents', 'api'],
    ['//v1/logs', 'ingest'],
    ['/v1/logs/', 'ingest'],
    ['/v1/tracesx', 'ingest'],
    ['/api/events', 'ingest'],
    ['/api/alerts/alertmanager/', 'ingest'],
    ['/api/incidents/', 'api'],
    ['/', 'api'],
    ['/ready', 'api'],
  ])('%s is served by %s', async (path, part) => {
    expect(await served(path)).toBe(part);
  });

  it('serves what there is where a part is missing', async () => {
    const alone = routed({ ingest: null, api: () => new Response('api') });
    expect(await (await alone(new Request('http://localhost/v1/logs'), from)).text()).toBe('api');
    expect((await routed({ ingest: null, api: null })(new Request('http://localhost/'), from)).status).toBe(
      404,
    );
  });
});

describe('executors', () => {
  const mock = (name: string, environments: string[], dryRun = false) => ({
    type: 'mock' as const,
    takesSeconds: 0,
    name,
    environments,
    dryRun,
    services: [{ service: 's', replicas: 1 }],
  });

  const plain: Parameters<typeof createExecutors>[2] = { describe: (state) => state, gives: () => false };

  it.each([
    ['everywhere', true, false, [true, true]],
    ['in one environment', ['staging'], false, [true, false]],
    ['for one executor', false, true, [true, true]],
    ['nowhere', false, false, [false, false]],
  ] as const)('dry-run %s', async (_where, dryRun, own, dry) => {
    const executors = await createExecutors(
      [mock('a', ['staging', 'production'], own), mock('b', ['staging', 'production'])],
      () => 0,
      plain,
      dryRun,
    );
    const one = (environment: string) => executors.forTarget({ environment, service: 's' }, 'a');
    expect(['staging', 'production'].map((environment) => one(environment)?.dryRun === true)).toEqual(dry);
    expect(executors.forTarget({ environment: 'production', service: 's' }, 'b')?.dryRun === true).toBe(
      dryRun === true,
    );
  });

  it('that dry-run look and preview, and refuse to begin', async () => {
    const [executor] = (await createExecutors([mock('a', ['staging'], true)], () => 0, plain)).forEnvironment(
      'staging',
    );
    if (executor === undefined) throw new Error('there is no executor');
    const [before] = await executor.observe('staging', 's');
    if (before === undefined) throw new Error('there is no target');
    expect(await executor.preview({ ...intent, target: before.target })).toMatchObject({ ok: true });
    const call = callOf({ number: 1, notAfterMs: 60_000 });
    expect(await executor.begin({ ...intent, target: before.target }, call)).toMatchObject({
      kind: 'refused',
      code: 'dry-run',
    });
    expect(await executor.observe('staging', 's')).toEqual([before]);
  });

  it('act only in their environments', async () => {
    const executors = await createExecutors(
      [mock('a', ['staging']), mock('b', ['staging', 'production'])],
      () => 0,
      plain,
    );
    expect(executors.forEnvironment('staging').map(({ name }) => name)).toEqual(['a', 'b']);
    expect(executors.forEnvironment('production').map(({ name }) => name)).toEqual(['b']);
    expect(executors.forEnvironment('elsewhere')).toEqual([]);
    expect(executors.forTarget({ environment: 'production', service: 's' }, 'a')).toBeNull();
    expect(executors.forTarget({ environment: 'staging', service: 's' }, 'a')?.name).toBe('a');
  });
});

describe('shutdown', () => {
  it('goes backwards, once, and past a part that fails', async () => {
    const closed: string[] = [];
    const failed: string[] = [];
    const shutdown = createShutdown((name) => failed.push(name));
    const part = (name: string, works: boolean) =>
      shutdown.add(name, async () => {
        if (!works) throw new Error(name);
        closed.push(name);
      });
    part('first', true);
    part('second', false);
    part('third', true);
    await shutdown.close();
    await shutdown.close();
    expect(closed).toEqual(['third', 'first']);
    expect(failed).toEqual(['second']);
  });
});

describe('a look at all parts', () => {
  it('is one for all who ask within a second, and made again after one that failed', async () => {
    let looks = 0;
    let atMs = 0;
    const ask = shared(
      async () => {
        looks += 1;
        if (looks === 2) throw new Error('away');
        return looks;
      },
      () => atMs,
    );
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    atMs = 999;
    expect(await ask()).toBe(1);
    atMs = 1_000;
    await expect(ask()).rejects.toThrow('away');
    expect(await ask()).toBe(3);
  });
});
