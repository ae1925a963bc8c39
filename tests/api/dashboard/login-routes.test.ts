// Logging in: with a key, with a one-time link, and everything that must not work.

import { describe, expect, test } from 'vitest';
import { person } from '../../adapters/postgres/fixtures.ts';
import { worldWithIncident } from '../calls.ts';
import { createWorld } from '../in-memory.ts';
import { ref } from '../incidents.ts';
import { loggedIn, openBrowser } from './browser.ts';

describe('without a session', () => {
  test.each(['/', '/incidents', `/incidents/${ref}`, '/approvals', '/series?service=orders', '/audit'])(
    '%s leads to the login and back',
    async (path) => {
      const { status, location } = await openBrowser(worldWithIncident()).get(path);
      expect(status).toBe(303);
      const next = new URL(location ?? '', 'http://x').searchParams.get('next') ?? '/';
      expect(location).toMatch(/^\/login(\?|$)/);
      expect(next).toBe(path);
    },
  );

  test('a link on another site is visited again from a page of ours, because the cookie is Strict', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.viewer);
    const held = new Map(browser.cookies);
    browser.cookies.clear();
    const first = await browser.get(`/incidents/${ref}`, { 'sec-fetch-site': 'cross-site' });
    expect(first.status).toBe(200);
    expect(first.text).toContain('http-equiv="refresh" content="0"');
    for (const [name, value] of held) browser.cookies.set(name, value);
    const again = await browser.get(`/incidents/${ref}`, { 'sec-fetch-site': 'same-origin' });
    expect(again.text).toContain('Errors in orders');
  });

  test('a page that refreshes itself gets 401 and no login page', async () => {
    const { status, text } = await openBrowser(createWorld()).get('/', { 'x-sentinel-refresh': '1' });
    expect({ status, text }).toEqual({ status: 401, text: '' });
  });

  test('a form does nothing', async () => {
    const world = worldWithIncident();
    const { status, location } = await openBrowser(world).post('/kill-switch', {
      engaged: 'true',
      environment: '*',
      reason: 'x',
    });
    expect(status).toBe(303);
    expect(location).toMatch(/^\/login/);
    expect(world.switches).toEqual([]);
  });
});

describe('the login', () => {
  test('with a key leads on, with a cookie that scripts and other sites do not see', async () => {
    const world = createWorld();
    const browser = openBrowser(world);
    const answer = await browser.post('/login', { key: ` ${world.keys.operator} `, next: '/approvals' });
    expect(answer.status).toBe(303);
    expect(answer.location).toBe('/approvals');
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^sentinel-local=.*; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(world.keys.operator);
    expect((await browser.get('/')).text).toContain('operator-person');
    expect(JSON.stringify(world.logged)).not.toContain(world.keys.operator);
  });

  test.each(['', 'x', 'sk_00000000000000000000000000000000', "' or 1=1 --", '<script>'])(
    'with %j is refused, and the key is not shown again',
    async (key) => {
      const browser = openBrowser(createWorld());
      const answer = await browser.post('/login', { key });
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('role="alert"');
      if (key !== '') expect(answer.text).not.toContain(`value="${key}"`);
      expect(browser.cookies.size).toBe(0);
    },
  );

  test('with a revoked key is refused', async () => {
    const world = createWorld();
    expect((await openBrowser(world).post('/login', { key: world.keys.revoked })).status).toBe(401);
  });

  test('is not open to guessing: after twenty attempts in a minute it waits, also for the right key', async () => {
    const world = createWorld();
    const browser = openBrowser(world);
    for (let attempt = 0; attempt < 20; attempt += 1) {
      expect((await browser.post('/login', { key: `wrong-${attempt}` })).status).toBe(401);
    }
    const answer = await browser.post('/login', { key: world.keys.admin });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('60');
  });

  test.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
  ])('sent by another site (%j) logs nobody in', async (headers) => {
    const world = createWorld();
    const browser = openBrowser(world);
    const answer = await browser.post('/login', { key: world.keys.admin }, headers);
    expect(answer.status).toBe(403);
    expect(browser.cookies.size).toBe(0);
  });

  test('over plain http to another machine is refused before the key is looked at', async () => {
    const world = createWorld();
    const browser = openBrowser(world, 'http://sentinel.example');
    expect((await browser.get('/login')).text).toContain('plain http to another machine');
    const answer = await browser.post('/login', { key: world.keys.admin });
    expect(answer.status).toBe(400);
    expect(world.dashboard.sessionTokens.size).toBe(0);
  });

  test.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/a\r\nset-cookie: x=1',
    '/logout',
    '',
  ])('leads to no other place: %j', async (next) => {
    const world = createWorld();
    const answer = await openBrowser(world).post('/login', { key: world.keys.viewer, next });
    expect(answer.location).toBe('/');
  });

  test('of somebody who is logged in leads on at once', async () => {
    const world = createWorld();
    const browser = await loggedIn(world, world.keys.viewer);
    expect((await browser.get('/login?next=/incidents')).location).toBe('/incidents');
  });
});

describe('a one-time link', () => {
  const linkFor = async (world: ReturnType<typeof createWorld>) => {
    await openBrowser(world).post('/login', { key: world.keys.operator });
    return world.dashboard.deps.loginLinks?.create('key-operator') ?? '';
  };

  test('logs in once', async () => {
    const world = createWorld();
    const secret = await linkFor(world);
    const browser = openBrowser(world);
    expect((await browser.post('/login/once', { secret })).location).toBe('/');
    expect((await browser.get('/')).text).toContain('operator-person');
    const second = await openBrowser(world).post('/login/once', { secret });
    expect(second.status).toBe(401);
    expect(second.text).toContain('used already');
  });

  test('does not work from another machine, nor from another site, and is not spent by that', async () => {
    const world = createWorld();
    const secret = await linkFor(world);
    expect((await openBrowser(world, 'http://sentinel.example').post('/login/once', { secret })).status).toBe(
      401,
    );
    const foreign = await openBrowser(world).post(
      '/login/once',
      { secret },
      { origin: 'https://evil.example' },
    );
    expect(foreign.status).toBe(401);
    expect((await openBrowser(world).post('/login/once', { secret })).status).toBe(303);
  });
});

describe('the end of a session', () => {
  test('logout ends it on the server', async () => {
    const world = createWorld();
    const browser = await loggedIn(world, world.keys.viewer);
    const held = new Map(browser.cookies);
    expect((await browser.post('/logout', { csrf: browser.csrf() })).location).toBe('/login');
    expect(browser.cookies.size).toBe(0);
    for (const [name, value] of held) browser.cookies.set(name, value);
    expect((await browser.get('/')).location).toBe('/login');
  });

  test('another site cannot log somebody out', async () => {
    const world = createWorld();
    const browser = await loggedIn(world, world.keys.viewer);
    await browser.post('/logout', { csrf: browser.csrf() }, { origin: 'https://evil.example' });
    await browser.post('/logout', { csrf: 'guessed' });
    expect(world.dashboard.sessionTokens.size).toBe(1);
  });

  test('a revoked key is out at the next look', async () => {
    const world = createWorld();
    const browser = await loggedIn(world, world.keys.viewer);
    expect((await browser.get('/session')).status).toBe(204);
    await world.deps.apiKeys.revoke('key-viewer', person('ann', 'admin'));
    expect((await browser.get('/session', { 'x-sentinel-refresh': '1' })).status).toBe(401);
    expect((await browser.get('/incidents')).location).toBe('/login?next=%2Fincidents');
  });
});
