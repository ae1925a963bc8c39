// Routes that only look: the catalogue, effects, a trial of policy, series, services, infrastructure, health in detail.

import { describe, expect, test } from 'vitest';
import type { EffectRecord } from '../../api/ports/effects.ts';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';
import { planHash, ref } from './incidents.ts';

type Paged = { items: unknown[]; nextCursor: string | null };

describe('GET /api/v1/actions', () => {
  test('has every action of the catalogue, with parameters that can be checked', async () => {
    const { json } = await clientOf(createWorld())('/api/v1/actions');
    const { items } = json as { items: { id: string; parameters: object }[] };
    expect(items.map(({ id }) => id)).toEqual(actionIds);
    expect(items.find(({ id }) => id === 'scale')).toMatchObject({
      parameters: {
        type: 'object',
        properties: { replicas: { type: 'integer', minimum: 1, maximum: 20 } },
        required: ['replicas'],
        additionalProperties: false,
      },
      inverse: 'scale',
      risks: ['low', 'medium', 'high'],
      timesPerIncident: 1,
    });
  });

  test('goes page by page; a cursor of another list is refused', async () => {
    const call = clientOf(createWorld());
    const first = (await call('/api/v1/actions?limit=5')).json as Paged;
    const rest = (await call(`/api/v1/actions?cursor=${first.nextCursor}`)).json as Paged;
    expect(first.items.length + rest.items.length).toBe(actionIds.length);
    expect(rest.nextCursor).toBeNull();
    const elsewhere = await call(`/api/v1/components?cursor=${first.nextCursor}`);
    expect(elsewhere.status).toBe(400);
    expect(elsewhere.json).toMatchObject({ errors: [{ field: 'cursor' }] });
  });
});

describe('GET /api/v1/incidents/:id/actions', () => {
  test('shows what became of each effect; an unknown incident is 404', async () => {
    const world = worldWithIncident();
    const effect: EffectRecord = {
      ...{ id: 'i1', planHash, step: 0, direction: 'forward', undoes: null, action: 'restart' },
      ...{ target: { environment: 'production', service: 'orders' }, executor: 'cluster', parameters: {} },
      ...{ fence: 3, status: 'applied', result: 'restarted', writtenAtMs: 1, sentAtMs: 2, updatedAtMs: 3 },
    };
    world.effects = [effect];
    const call = clientOf(world);
    expect((await call(`/api/v1/incidents/${ref}/actions`)).json).toEqual({
      items: [effect],
      nextCursor: null,
    });
    expect((await call('/api/v1/incidents/ffff-9/actions')).status).toBe(404);
  });
});

describe('POST /api/v1/policies/evaluate', () => {
  const step = { action: 'restart', environment: 'production', service: 'orders', risk: 'low' };
  const ask = async (body: object) =>
    (await clientOf(createWorld())('/api/v1/policies/evaluate', { body })).json;

  test('answers what policy would say, and why', async () => {
    expect(await ask({ steps: [step] })).toMatchObject({ kind: 'auto', rule: 'risk: low' });
    expect(await ask({ steps: [{ ...step, risk: 'medium' }] })).toMatchObject({
      ...{ kind: 'approval', role: 'operator', quorum: 1, deadlineSeconds: 1800 },
    });
    expect(await ask({ steps: [{ ...step, risk: 'high' }] })).toMatchObject({
      kind: 'approval',
      role: 'admin',
    });
    expect(await ask({ steps: [step], missing: ['history'] })).toMatchObject({ kind: 'approval' });
    expect(await ask({ steps: [{ ...step, blastRadius: 1 }] })).toMatchObject({ kind: 'approval' });
    expect(await ask({ steps: [step, step] })).toMatchObject({ kind: 'deny', rule: 'one-step-per-target' });
  });

  test('judges the riskiest step, and several that cannot be undone as high', async () => {
    const other = { ...step, service: 'billing' };
    expect(await ask({ steps: [step, { ...other, risk: 'high' }] })).toMatchObject({ role: 'admin' });
    const clear = { ...step, action: 'clear-sandbox' };
    expect(await ask({ steps: [clear] })).toMatchObject({ kind: 'approval', role: 'operator' });
    expect(await ask({ steps: [clear, { ...clear, service: 'billing' }] })).toMatchObject({ role: 'admin' });
  });

  test('does nothing and stores nothing', async () => {
    const world = worldWithIncident();
    await clientOf(world)('/api/v1/policies/evaluate', { body: { steps: [step] }, key: world.keys.viewer });
    expect([world.told, world.undelivered, world.switches, world.audit]).toEqual([[], [], [], []]);
  });
});

describe('GET /api/v1/series', () => {
  const which = 'kind=calls&environment=production&service=orders';

  test('is asked for the last 15 minutes in whole seconds, unless told otherwise', async () => {
    const world = createWorld();
    const series = [{ name: 'calls', labels: { side: 'server' }, points: [{ atMs: 1, value: 2 }] }];
    world.series = series;
    const nowMs = world.deps.clock.nowMs();
    const { json } = await clientOf(world)(`/api/v1/series?${which}`);
    const asked = { fromMs: nowMs - 900_000, toMs: nowMs, stepMs: 4_000 };
    expect(json).toEqual({ ...asked, truncated: false, series });
    expect(world.asked).toEqual([{ ...asked, kind: 'calls', environment: 'production', service: 'orders' }]);
  });

  test.each([
    ['', 'kind'],
    [`${which}&kind=spans`, 'kind'],
    [`${which}&points=0`, 'points'],
    [`${which}&points=1001`, 'points'],
    [`${which}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`, 'from'],
    [`${which}&from=2026-01-01T00:00:00Z&to=2026-01-09T00:00:01Z`, 'from'],
    [`${which}&from=2099-01-01T00:00:00Z`, 'from'],
  ])('%s is refused by name (%s)', async (query, field) => {
    const world = createWorld();
    const { status, json } = await clientOf(world)(`/api/v1/series?${query}`);
    expect(status).toBe(400);
    expect((json as { errors: { field: string }[] }).errors.map((one) => one.field)).toContain(field);
    expect(world.asked).toEqual([]);
  });

  test('says why there is none when history is off, or away', async () => {
    const world = createWorld();
    const off = await clientOf({ ...world, deps: { ...world.deps, series: null } })(
      `/api/v1/series?${which}`,
    );
    expect(off.status).toBe(503);
    expect(off.json).toMatchObject({ reason: 'history-off' });
    const gone = Object.assign(new Error('clickhouse.internal refused'), { name: 'HistoryUnavailable' });
    const deps = {
      ...world.deps,
      series: { series: () => Promise.reject(gone), latest: () => Promise.reject(gone) },
    };
    const away = await clientOf({ ...world, deps })(`/api/v1/series?${which}`);
    expect(away.status).toBe(503);
    expect(away.json).toMatchObject({ reason: 'history-unavailable' });
    expect(away.headers.get('retry-after')).toBe('5');
    expect(away.text).not.toContain('clickhouse.internal');
  });
});

test('services are listed with their neighbours', async () => {
  const world = createWorld();
  world.services = [
    { environment: 'production', service: 'orders', calls: ['db'], calledBy: ['web'], seenAtMs: 1 },
    { environment: 'staging', service: 'orders', calls: [], calledBy: [], seenAtMs: 1 },
  ];
  const call = clientOf(world);
  expect(((await call('/api/v1/services')).json as Paged).items).toHaveLength(2);
  expect((await call('/api/v1/services?environment=staging')).json).toMatchObject({
    items: [{ environment: 'staging' }],
    nextCursor: null,
  });
});

describe('GET /api/v1/infrastructure-status', () => {
  const target = (service: string, running: number, desiredReplicas = 2): TargetState => ({
    target: { environment: 'production', service },
    executor: 'cluster',
    desiredReplicas,
    replicas: [...Array(2).keys()].map((index) => ({
      ...{ id: `r${index}`, state: index < running ? 'running' : 'exited', startedAtMs: 1, restarts: 0 },
    })),
    release: 'v1',
    config: 'c1',
    supports: ['restart'],
  });

  test('says how each target is, and who did not answer', async () => {
    const world = createWorld();
    world.observed = {
      targets: [target('web', 2), target('orders', 1), target('billing', 0), target('parked', 0, 0)],
      missing: [{ executor: 'other', reason: 'no answer within 3000 ms' }],
    };
    const { json } = await clientOf(world)('/api/v1/infrastructure-status', { key: world.keys.viewer });
    expect(json).toMatchObject({
      items: [
        { health: 'down', runningReplicas: 0, state: { target: { service: 'billing' } } },
        { health: 'degraded', runningReplicas: 1, state: { target: { service: 'orders' } } },
        { health: 'stopped', runningReplicas: 0, state: { target: { service: 'parked' } } },
        { health: 'ok', runningReplicas: 2, state: { target: { service: 'web' } } },
      ],
      missing: [{ environment: 'production', executor: 'other', reason: 'no answer within 3000 ms' }],
    });
  });

  test('an environment without executors has nothing', async () => {
    const world = createWorld();
    world.observed = { targets: [target('web', 2)], missing: [] };
    const { json } = await clientOf(world)('/api/v1/infrastructure-status?environment=elsewhere');
    expect(json).toEqual({ items: [], nextCursor: null, missing: [] });
  });
});

describe('GET /api/v1/inventory', () => {
  const orders: TargetState = {
    target: { environment: 'production', service: 'orders', resource: 'docker/web1/orders' },
    executor: 'dock',
    desiredReplicas: 1,
    replicas: [{ id: 'a', state: 'running', startedAtMs: 1, restarts: 0 }],
    readyReplicas: 0,
    release: 'v1',
    config: 'c1',
    supports: ['restart'],
    rollout: { inProgress: true, detail: '0 of 1 new' },
    owner: { name: 'helm', detail: 'release shop', reverts: [] },
    team: 'checkout',
    tier: '1',
    protected: 'frozen until May',
  };
  const seen = { calls: [], calledBy: [], seenAtMs: 1 };

  test('has each target with what is known of it, and each service without one, with the reason', async () => {
    const world = createWorld();
    world.observed = { targets: [orders], missing: [{ executor: 'kube', reason: 'no answer' }] };
    world.services = [
      { environment: 'production', service: 'orders', ...seen },
      { environment: 'production', service: 'billing', ...seen },
    ];
    const attributes = { 'container.name': '/orders' };
    world.resources = [{ environment: 'production', service: 'mail', resourceId: 'm', attributes }];
    const { json } = await clientOf(world)('/api/v1/inventory', { key: world.keys.viewer });
    const { target: _target, supports: _supports, ...known } = orders;
    expect(json).toEqual({
      items: [
        {
          environment: 'production',
          service: 'orders',
          key: 'docker/web1/orders',
          words: 'container orders on host web1',
          executor: 'dock',
          availability: 'down',
          servingReplicas: 0,
          desiredReplicas: 1,
          rollout: '0 of 1 new',
          owner: known.owner,
          team: 'checkout',
          tier: '1',
          protected: 'frozen until May',
          unresolved: null,
        },
      ],
      nextCursor: null,
      without: [
        { environment: 'production', service: 'billing', reason: 'no executor has this target' },
        {
          environment: 'production',
          service: 'mail',
          reason: expect.stringContaining('match.resource: docker/web1/orders, service: mail'),
        },
      ],
      missing: [{ environment: 'production', executor: 'kube', reason: 'no answer' }],
    });
  });

  test('says of targets of one name which is not acted on, and why', async () => {
    const world = createWorld();
    const other = { ...orders, target: { ...orders.target, resource: 'docker/web1/orders-2' } };
    world.observed = { targets: [orders, other], missing: [] };
    const unresolved = async () => {
      const { json } = await clientOf(world)('/api/v1/inventory', { key: world.keys.viewer });
      return (json as { items: { unresolved: string | null }[] }).items.map((one) => one.unresolved);
    };
    const ambiguous = expect.stringContaining('2 targets have this name');
    expect(await unresolved()).toEqual([ambiguous, ambiguous]);
    const attributes = { 'container.name': 'orders-2' };
    world.resources = [{ environment: 'production', service: 'orders', resourceId: 'o', attributes }];
    expect(await unresolved()).toEqual([
      'telemetry says that the service is container orders-2 on host web1',
      null,
    ]);
  });
});

describe('GET /health/detailed', () => {
  test('has version, uptime, parts and queues', async () => {
    const world = createWorld();
    world.queues = { ...world.queues, inboxPending: 7 };
    world.components = [{ name: 'postgres', ok: true, required: true, detail: 'db:5432', latencyMs: 3 }];
    const { status, json } = await clientOf(world)('/health/detailed', { key: world.keys.viewer });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      ...{ status: 'ready', version: '1.2.3', role: 'all', uptimeSeconds: 60 },
      components: [{ name: 'postgres', latencyMs: 3 }],
      queues: { inboxPending: 7 },
    });
  });

  test('answers also while the store is away', async () => {
    const world = createWorld();
    world.components = [{ name: 'postgres', ok: false, required: true, detail: 'refused' }];
    const deps = { ...world.deps, queues: { depths: () => Promise.reject(new Error('refused')) } };
    const { status, json } = await clientOf({ ...world, deps })('/health/detailed');
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: 'not-ready', queues: null });
  });
});
