// Every route × every caller: the table of routes is the list of tests.

import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import type { Permission } from '../../api/http/route.ts';
import { roleAtLeast, roles } from '../../domain/policy/verdict.ts';
import { routeCases, toRequest, validCalls, worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import type { World } from './in-memory.ts';

const callers = {
  'no key': () => null,
  'a malformed key': () => 'short',
  'an unknown key': () => 'sk_00000000000000000000000000000000',
  'a revoked key': (world: World) => world.keys.revoked,
  viewer: (world: World) => world.keys.viewer,
  operator: (world: World) => world.keys.operator,
  admin: (world: World) => world.keys.admin,
} as const;
type Caller = keyof typeof callers;

function expected(permission: Permission, caller: Caller): 401 | 403 | 'passes' {
  if (permission === 'public') return 'passes';
  const role = roles.find((one) => one === caller);
  if (role === undefined) return 401;
  return roleAtLeast(role, permission) ? 'passes' : 403;
}

describe.each(routeCases)('$name', (routeCase) => {
  test.each(Object.keys(callers) as Caller[])('called by %s', async (caller) => {
    const world = worldWithIncident();
    const [path, call] = toRequest(routeCase);
    const answer = await clientOf(world)(path, { ...call, key: callers[caller](world) });
    const wanted = expected(routeCase.route.permission, caller);
    if (wanted === 'passes') expect(answer.status).toBeLessThan(300);
    else {
      expect(answer.status).toBe(wanted);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(world.told).toEqual([]);
      expect(world.undelivered).toEqual([]);
      expect(world.switches).toEqual([]);
      if (wanted === 401) expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });
});

test('only these routes are public', () => {
  const open = routeCases.filter(({ route }) => route.permission === 'public').map(({ name }) => name);
  expect(open).toEqual([
    'GET /health',
    'GET /ready',
    'GET /metrics',
    'GET /openapi.json',
    'GET /docs',
    'GET /docs/style.css',
  ]);
});

test('whatever changes something needs at least an operator', () => {
  const changing = routeCases.filter(({ route }) => route.method !== 'GET');
  expect(changing.length).toBeGreaterThan(5);
  for (const { route } of changing) expect(['operator', 'admin']).toContain(route.permission);
});

test('the app serves the table and nothing else', () => {
  const served = createApp(worldWithIncident().deps)
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`);
  expect(served.toSorted()).toEqual(Object.keys(validCalls).toSorted());
});
