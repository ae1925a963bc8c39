// Too many requests: who is counted by what, what a refused caller is told, and who is never refused.

import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { expectDeclared } from './declared.ts';
import { createWorld, type World } from './in-memory.ts';

function limited(perKey: number, perAddress: number) {
  const world = createWorld();
  const app = createApp({ ...world.deps, rateLimits: { perKey, perAddress } });
  const ask = async (path: string, key: string | null, address = '203.0.113.7') => {
    const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
    const response = await app.request(path, { headers }, { address });
    const text = await response.text();
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined;
    expectDeclared(path, 'GET', { status: response.status, headers: response.headers, json });
    return { status: response.status, headers: response.headers, json };
  };
  return { world, ask };
}

const path = '/api/v1/kill-switch';

test('a key has so many requests a minute, from whatever address, and hears how many are left', async () => {
  const { world, ask } = limited(2, 100);
  const first = await ask(path, world.keys.viewer);
  expect(first.headers.get('ratelimit-policy')).toBe('"key";q=2;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"key";r=1;t=(60|59)$/);
  await ask(path, world.keys.viewer, '198.51.100.1');
  const third = await ask(path, world.keys.viewer);
  expect(third.status).toBe(429);
  expect(third.json).toMatchObject({ type: 'urn:sentinel:problem:rate-limited', reason: 'key' });
  const seconds = Number(third.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(third.headers.get('ratelimit')).toContain('r=0');
  expect((await ask(path, world.keys.operator)).status).toBe(200);
  const { text } = await world.deps.renderMetrics();
  expect(text).toContain('sentinel_rate_limited_total{limit="key"} 1');
});

test.each<[string, (world: World) => string | null, string]>([
  ['without a key', () => null, path],
  ['with a wrong key', () => 'sk_00000000000000000000000000000000', path],
  ['with a role that is too low', (world) => world.keys.viewer, '/api/v1/keys'],
  ['on a public page', () => null, '/docs'],
  ['asking whether it is ready', () => null, '/ready'],
  ['scraping metrics', () => null, '/metrics'],
  ['at the login', () => null, '/login'],
  ['on a page that leads there', () => null, '/incidents'],
  ['where nothing is', () => null, '/nowhere'],
])('%s it is the address that is counted', async (_, keyOf, where) => {
  const { world, ask } = limited(100, 2);
  const key = keyOf(world);
  expect((await ask(where, key)).status).not.toBe(429);
  expect((await ask(where, key)).status).not.toBe(429);
  const third = await ask(where, key);
  expect(third.status).toBe(429);
  expect(third.json).toMatchObject({ reason: 'address' });
  expect((await ask(where, key, '198.51.100.1')).status).not.toBe(429);
});

test('a good key works from an address that has used up its share', async () => {
  const { world, ask } = limited(100, 1);
  await ask(path, null);
  expect((await ask(path, null)).status).toBe(429);
  expect((await ask(path, world.keys.operator)).status).toBe(200);
});

test.each(['/health'])('%s is never refused for its number', async (where) => {
  const { ask } = limited(1, 1);
  for (let count = 0; count < 5; count += 1) {
    const { status, headers } = await ask(where, null);
    expect(status).toBe(200);
    expect(headers.has('ratelimit')).toBe(false);
  }
});

describe('made-up sessions', () => {
  const visit = (app: ReturnType<typeof createApp>, cookie: string, address = '203.0.113.7') =>
    app.request('http://localhost/incidents', { headers: { cookie } }, { address });

  test('cost no look-up once the address has had its share', async () => {
    const world = createWorld();
    let lookedUp = 0;
    const { dashboard } = world.deps;
    if (dashboard === undefined) throw new Error('the world has a dashboard');
    const find = dashboard.sessions.find;
    const sessions = {
      ...dashboard.sessions,
      find: (...given: Parameters<typeof find>) => {
        lookedUp += 1;
        return find(...given);
      },
    };
    const app = createApp({
      ...world.deps,
      dashboard: { ...dashboard, sessions },
      rateLimits: { perKey: 100, perAddress: 3 },
    });
    const statuses: number[] = [];
    for (let count = 0; count < 10; count += 1) {
      statuses.push((await visit(app, `sentinel-local=${'A'.repeat(42)}${count}`)).status);
    }
    expect(statuses).toEqual([303, 303, 303, 429, 429, 429, 429, 429, 429, 429]);
    expect(lookedUp).toBe(3);
    expect((await visit(app, 'sentinel-local=another', '198.51.100.1')).status).toBe(303);
  });

  test('do not keep out who has a real one, which counts for its key', async () => {
    const world = createWorld();
    const app = createApp({ ...world.deps, rateLimits: { perKey: 4, perAddress: 2 } });
    const body = new URLSearchParams({ key: world.keys.viewer });
    const login = await app.request(
      'http://localhost/login',
      { method: 'POST', body },
      { address: '203.0.113.7' },
    );
    const cookie = (login.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    expect((await visit(app, cookie)).status).toBe(200);
    for (let count = 0; count < 5; count += 1) await visit(app, `sentinel-local=${count}`);
    expect((await visit(app, 'sentinel-local=x')).status).toBe(429);
    const own = [
      await visit(app, cookie),
      await visit(app, cookie),
      await visit(app, cookie),
      await visit(app, cookie),
    ];
    expect(own.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
  });
});

test('0 is no limit', async () => {
  const { world, ask } = limited(0, 0);
  for (let count = 0; count < 20; count += 1) {
    expect((await ask(path, world.keys.viewer)).status).toBe(200);
    expect((await ask(path, null)).status).toBe(401);
  }
});
