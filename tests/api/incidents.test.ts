// Reading incidents: lists by filter and page, one incident in both forms of its id, its timeline, plans, evidence.

import { describe, expect, test } from 'vitest';
import { incidentsWithin } from '../../api/reach/incidents.ts';
import { OutOfReach } from '../../api/reach/out-of-reach.ts';
import { worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';
import { addIncident, happen, incidentId, modelTurn, planHash, ref } from './incidents.ts';

describe('GET /api/v1/incidents', () => {
  test('pages through everything, newest first, without gaps or repeats', async () => {
    const world = createWorld();
    for (let episode = 1; episode <= 5; episode += 1) {
      addIncident(world, { incidentId: `incident/3f2a9c/${episode}`, openedAtMs: episode });
    }
    const call = clientOf(world);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { json } = await call(`/api/v1/incidents?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = json as { items: { ref: string }[]; nextCursor: string | null };
      seen.push(...page.items.map((item) => item.ref));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['3f2a9c-5', '3f2a9c-4', '3f2a9c-3', '3f2a9c-2', '3f2a9c-1']);
  });

  test('filters', async () => {
    const world = worldWithIncident();
    const call = clientOf(world);
    const count = async (query: string) =>
      ((await call(`/api/v1/incidents?${query}`)).json as { items: unknown[] }).items.length;
    expect(await count('open=true&environment=production&service=orders&severity=critical')).toBe(1);
    expect(await count('status=awaiting-approval')).toBe(1);
    expect(await count('open=false')).toBe(0);
    expect(await count('environment=staging')).toBe(0);
  });
});

describe('GET /api/v1/incidents/:id', () => {
  test.each([ref, encodeURIComponent(incidentId)])('finds it as %s', async (id) => {
    const { status, json } = await clientOf(worldWithIncident())(`/api/v1/incidents/${id}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: incidentId, ref, state: { title: 'Errors in orders' } });
  });

  test.each(['', '/timeline', '/evidence', '/analysis', '/plan'])(
    'an unknown incident is 404 (%s)',
    async (rest) => {
      const { status, json } = await clientOf(worldWithIncident())(`/api/v1/incidents/ffff-9${rest}`);
      expect(status).toBe(404);
      expect(json).toMatchObject({ reason: 'unknown-incident', detail: 'There is no incident ffff-9.' });
    },
  );

  test.each(['abc', '3f2a9c-0', 'incident%2Fxyz%2F1', '..%2F..%2Fetc', '3f2a9c-1%00', '%ff', '3F2A-1'])(
    'what is no incident id (%s) is 400 and named',
    async (id) => {
      const { status, json } = await clientOf(worldWithIncident())(`/api/v1/incidents/${id}`);
      expect(status).toBe(400);
      expect(json).toMatchObject({ errors: [{ field: 'id' }] });
    },
  );
});

test('the timeline is followed with `after`, and an end without news is an empty page', async () => {
  const world = worldWithIncident();
  happen(world, { type: 'approval-granted', planHash });
  const call = clientOf(world);
  const first = (await call(`/api/v1/incidents/${ref}/timeline?limit=2`)).json;
  expect(first).toMatchObject({ items: [{ seq: 1 }, { seq: 2 }], nextAfter: 2 });
  const second = (await call(`/api/v1/incidents/${ref}/timeline?after=2`)).json;
  expect(second).toMatchObject({ items: [{ seq: 3, type: 'approval-granted' }], nextAfter: 3 });
  expect((await call(`/api/v1/incidents/${ref}/timeline?after=3`)).json).toEqual({
    items: [],
    nextCursor: null,
    nextAfter: 3,
  });
});

test('an incident says where it is continued, as far as the key reaches', async () => {
  const world = worldWithIncident();
  expect((await clientOf(world)(`/api/v1/incidents/${ref}`)).json).toMatchObject({ continuedIn: [] });
  const later = 'incident/production/orders/3f2a9c00/2';
  addIncident(world, { incidentId: later });
  const elsewhere = 'incident/production/billing/3f2a9c00/1';
  addIncident(world, { incidentId: elsewhere, scope: { environment: 'production', service: 'billing' } });
  world.continuedIn.set(incidentId, [later, elsewhere]);
  const call = clientOf(world);
  expect((await call(`/api/v1/incidents/${ref}`)).json).toMatchObject({ continuedIn: [later, elsewhere] });
  const reached = incidentsWithin({ services: ['orders'] }, world.deps.incidents);
  expect((await reached.incidents.chain(incidentId)).continuedIn).toEqual([later]);
  await expect(reached.incidents.chain(elsewhere)).rejects.toThrow(OutOfReach);
});

test('evidence comes with what systems outside held, to those whose key reaches the incident', async () => {
  const world = worldWithIncident();
  const line = { atMs: 1_000, service: 'orders', severityNumber: 17, text: 'no stock' };
  world.outside = [{ from: 'loki/main', series: [], lines: [line], problem: null }];
  const { status, json } = await clientOf(world)(`/api/v1/incidents/${ref}/evidence`);
  expect([status, json]).toMatchObject([200, { outside: world.outside }]);
  const reached = incidentsWithin({ services: ['billing'] }, world.deps.incidents);
  await expect(reached.incidents.outside(incidentId)).rejects.toThrow(OutOfReach);
});

test('the plan answer names the one to decide on', async () => {
  const { json } = await clientOf(worldWithIncident())(`/api/v1/incidents/${ref}/plan`);
  expect(json).toMatchObject({ current: planHash, items: [{ hashedPlan: { planHash }, verdict: null }] });
});

describe('GET /api/v1/incidents/:id/analysis', () => {
  test('shows every call to a model, what was dropped and what it cost, to operators', async () => {
    const world = worldWithIncident();
    world.modelTurns = [modelTurn({ usd: 0.001 }), modelTurn({ turn: 2, usd: 0.0025 })];
    const { status, json } = await clientOf(world)(`/api/v1/incidents/${ref}/analysis`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      usd: 0.0035,
      turns: [{ prompt: 'why?', dropped: [{ what: 'E9', why: 'unknown-evidence' }] }, { turn: 2 }],
    });
    expect(
      (await clientOf(world)(`/api/v1/incidents/${ref}/analysis`, { key: world.keys.viewer })).status,
    ).toBe(403);
  });
});
