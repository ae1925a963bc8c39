// What the API says of silences, and of who may make them. What they keep from happening is the stores' (tests/adapters/postgres).

import { expect, test } from 'vitest';
import { exampleSilence, exampleTerms } from '../support/memory-silences.ts';
import { worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { ref } from './incidents.ts';

const path = '/api/v1/silences';
const post = (body: unknown, key?: string) => ({
  method: 'POST',
  body,
  ...(key === undefined ? {} : { key }),
});

test('one is made with its defaults, shown with how it is now, and ended once', async () => {
  const world = worldWithIncident();
  const call = clientOf(world);
  const { silences: _, kind: __, ticket: ___, ...terms } = exampleTerms;
  const { status, json } = await call(path, post(terms, world.keys.operator));
  expect({ status, json }).toMatchObject({
    status: 201,
    json: {
      ...{ kind: 'silence', state: 'active', version: 1, ticket: null, source: null },
      silences: ['notifications', 'incidents', 'actions'],
      now: { endsAtMs: exampleTerms.schedule.endsAtMs },
      createdBy: 'person:operator-person',
    },
  });
  const { id } = json as { id: string };
  const end = () => call(`${path}/${id}/end`, post({ reason: 'done' }, world.keys.operator));
  expect((await end()).json).toMatchObject({
    state: 'expired',
    version: 2,
    ended: { reason: 'done' },
    now: null,
  });
  expect(await end()).toMatchObject({ status: 200, json: { version: 2 } });
  expect(await call(`${path}/${id}`, post(terms, world.keys.operator))).toMatchObject({
    status: 410,
    json: { reason: 'expired' },
  });
  const states = async (state: string) => (await call(`${path}?state=${state}`)).json;
  expect(await states('expired')).toMatchObject({ items: [{ id }] });
  expect(await states('active')).toMatchObject({ items: [{ id: 'silence-3f2a9c0011' }] });
});

test.each(['ingest', 'viewer', 'agent'] as const)(
  'a key with the role %s makes, changes and ends none',
  async (role) => {
    const world = worldWithIncident();
    for (const to of ['', '/silence-3f2a9c0011', '/silence-3f2a9c0011/end']) {
      const body = to.endsWith('end') ? { reason: 'x' } : exampleTerms;
      const { status } = await clientOf(world)(`${path}${to}`, post(body, world.keys[role]));
      expect(status).toBe(403);
    }
    expect(world.silenced.silences).toEqual([exampleSilence()]);
  },
);

test.each([
  [{ matchers: [] }, 'matchers'],
  [{ matchers: [{ label: 'service', is: '=~', value: '(' }] }, 'matchers.0.value'],
  [{ matchers: [{ label: 'service', is: '=~', value: '.*' }] }, 'matchers'],
  [{ schedule: { kind: 'once', startsAtMs: 0, endsAtMs: 1 } }, 'schedule'],
  [{ schedule: { ...exampleTerms.schedule, endsAtMs: 1_800_000_000_000 } }, 'schedule'],
  [{ reason: ' ' }, 'reason'],
  [{ silences: [] }, 'silences'],
])('%j is refused, and the field is named', async (change, field) => {
  const world = worldWithIncident();
  const { status, json } = await clientOf(world)(path, post({ ...exampleTerms, ...change }));
  expect(status).toBe(400);
  expect((json as { errors: { field: string }[] }).errors.map((one) => one.field)).toContain(field);
});

test('what is read from elsewhere is changed there', async () => {
  const world = worldWithIncident();
  const source = {
    name: 'alertmanagers/main',
    id: 'x',
    by: 'bob',
    environments: ['production'],
    otherNames: {},
  };
  world.silenced.silences.splice(0, 1, exampleSilence({ source }));
  expect(await clientOf(world)(`${path}/silence-3f2a9c0011/end`, post({ reason: 'x' }))).toMatchObject({
    status: 409,
    json: { reason: 'read-only' },
  });
  expect((await clientOf(world)(`${path}/silence-3f2a9c0011`)).json).toMatchObject({
    silence: { source: 'alertmanagers/main' },
  });
});

test('an incident says what silences it', async () => {
  const world = worldWithIncident();
  const occurrence = { startsAtMs: 0, endsAtMs: 1_700_003_600_000 };
  world.silenced.here = {
    notifications: null,
    incidents: null,
    actions: { silence: exampleSilence(), occurrence },
  };
  expect((await clientOf(world)(`/api/v1/incidents/${ref}/silenced`)).json).toMatchObject({
    notifications: null,
    actions: { silence: { id: 'silence-3f2a9c0011', reason: 'load test' }, occurrence },
  });
});
