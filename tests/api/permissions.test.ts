// Every route × every caller: the table of routes is the list of tests.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import {
  apiDocs,
  type Caller,
  callers,
  expectedStatus,
  renderMatrix,
  sectionOf,
} from '../../scripts/api-docs.ts';
import { type RouteCase, routeCases, toRequest, validCalls, worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import type { World } from './in-memory.ts';

const keys: Readonly<Record<Caller, (world: World) => string | null>> = {
  'no key': () => null,
  'malformed key': () => 'short',
  'revoked key': (world) => world.keys.revoked,
  ingest: (world) => world.keys.ingest,
  agent: (world) => world.keys.agent,
  viewer: (world) => world.keys.viewer,
  operator: (world) => world.keys.operator,
  admin: (world) => world.keys.admin,
};

async function ask(routeCase: RouteCase, key: (world: World) => string | null) {
  const world = worldWithIncident();
  const [path, call] = toRequest(routeCase);
  return { world, answer: await clientOf(world)(path, { ...call, key: key(world) }) };
}

test('every route answers every caller with the status that docs/api.md says', async () => {
  const statuses = new Map<string, number>();
  for (const routeCase of routeCases) {
    for (const caller of callers) {
      const { answer } = await ask(routeCase, keys[caller]);
      statuses.set(`${routeCase.name} ${caller}`, answer.status);
    }
  }
  const seen = renderMatrix(
    ({ method, path }, caller) => statuses.get(`${method} ${path} ${caller}`) ?? 'not asked',
  );
  expect(seen).toBe(sectionOf(readFileSync(apiDocs, 'utf8'), 'matrix'));
});

describe.each(routeCases.filter(({ route }) => route.permission !== 'public'))('$name', (routeCase) => {
  const refused = [...callers, 'unknown key' as const].filter(
    (caller) => caller === 'unknown key' || expectedStatus(routeCase.route, caller) >= 400,
  );

  test.each(refused)('refuses %s with a problem, and nothing happens', async (caller) => {
    const key = caller === 'unknown key' ? () => 'sk_00000000000000000000000000000000' : keys[caller];
    const { world, answer } = await ask(routeCase, key);
    expect([401, 403]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.has('www-authenticate')).toBe(answer.status === 401);
    expect([world.told, world.undelivered, world.switches, world.asked]).toEqual([[], [], [], []]);
  });
});

test('only these routes are public', () => {
  const open = routeCases.filter(({ route }) => route.permission === 'public').map(({ name }) => name);
  expect(open).toEqual([
    'POST /api/v1/slack/events',
    'GET /health',
    'GET /ready',
    'GET /metrics',
    'GET /openapi.json',
    'GET /docs',
    'GET /docs/style.css',
  ]);
});

/** A question that is too long for a query; and a login link, which gives nobody more than the key it was asked for with. */
const questions = ['POST /api/v1/policies/evaluate', 'POST /api/v1/codec/decode', 'POST /api/v1/login-link'];

/** Slack's requests are proven by their signature, and people by the configuration (tests/adapters/slack/inbound). */
const signed = ['POST /api/v1/slack/events'];

/** What agents say; nobody else may say it, and they may say nothing else (the table above). */
const ofAgents = ['hello', 'next', 'permit', 'answer'].map((what) => `POST /api/v1/agent/${what}`);

test('whatever changes something needs at least an operator', () => {
  const changing = routeCases.filter(
    ({ name, route }) => route.method !== 'GET' && ![...questions, ...signed, ...ofAgents].includes(name),
  );
  expect(changing.length).toBeGreaterThan(5);
  for (const { route } of changing) expect(['operator', 'admin']).toContain(route.permission);
});

test('only an agent speaks as one, and nothing else is open to it but what is open to everybody', () => {
  const { granted, others } = Object.groupBy(routeCases, ({ route }) =>
    expectedStatus(route, 'agent') < 400 && route.permission !== 'public' ? 'granted' : 'others',
  );
  expect(granted?.map(({ name }) => name)).toEqual(ofAgents);
  for (const { route } of granted ?? [])
    for (const caller of callers.filter((one) => one !== 'agent'))
      expect(expectedStatus(route, caller), caller).toBeGreaterThanOrEqual(400);
  expect(others?.length).toBeGreaterThan(30);
});

test('the app serves the table and nothing else', () => {
  const { dashboard: _pages, ...deps } = worldWithIncident().deps;
  const served = createApp(deps)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  expect(served.toSorted()).toEqual(Object.keys(validCalls).toSorted());
});
