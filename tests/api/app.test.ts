// What every answer has, whichever route gave it: request id, headers, problem+json, a log line.

import { describe, expect, test } from 'vitest';
import { InvalidCursor } from '../../api/ports/page.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

describe('request id', () => {
  test("a caller's own is kept, in the answer, the problem and the log", async () => {
    const world = createWorld();
    const answer = await clientOf(world)('/nowhere', { headers: { 'x-request-id': 'req-42' } });
    expect(answer.headers.get('x-request-id')).toBe('req-42');
    expect(answer.json).toMatchObject({ requestId: 'req-42' });
    expect(world.logged.at(-1)?.fields).toMatchObject({ requestId: 'req-42', status: '404' });
  });

  test.each(['', ' ', 'a b', '<script>', 'x'.repeat(129), '"quoted"', '-leading'])(
    'one like %j is replaced',
    async (id) => {
      const { headers } = await clientOf(createWorld())('/health', { headers: { 'x-request-id': id } });
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  test('log lines carry the trace id of the caller and the id of the key', async () => {
    const world = createWorld();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    await clientOf(world)('/api/v1/kill-switch', { headers, key: world.keys.viewer });
    expect(world.logged.at(-1)?.fields).toMatchObject({
      traceId,
      keyId: 'key-viewer',
      route: '/api/v1/kill-switch',
    });
  });

  test.each(['00-short-b7ad6b7169203331-01', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'x'])(
    'a traceparent that is none (%s) is left out',
    async (traceparent) => {
      const world = createWorld();
      await clientOf(world)('/health', { headers: { traceparent } });
      expect(world.logged.at(-1)?.fields).not.toHaveProperty('traceId');
    },
  );
});

test('answers are not cached, not framed, not sniffed, and not for other origins', async () => {
  const { headers } = await clientOf(createWorld())('/health', {
    headers: { origin: 'https://elsewhere.example' },
  });
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('access-control-allow-origin')).toBeNull();
});

describe('paths and methods', () => {
  test('an unknown path is 404', async () => {
    const { status, json } = await clientOf(createWorld())('/api/v1/nothing');
    expect(status).toBe(404);
    expect(json).toMatchObject({ type: 'urn:sentinel:problem:not-found', instance: '/api/v1/nothing' });
  });

  test.each(['/api/kill-switch', '//api/v1/kill-switch', '/api/v1/kill-switch/', '//api//kill-switch//'])(
    '%s is the route /api/v1/kill-switch',
    async (path) => {
      const world = createWorld();
      const { status, json } = await clientOf(world)(`http://localhost${path}`);
      expect(status).toBe(200);
      expect(json).toEqual({ items: [], nextCursor: null });
      expect(world.logged.at(-1)?.fields).toMatchObject({ route: '/api/v1/kill-switch' });
    },
  );

  test('the path of a problem is the one that was asked for', async () => {
    const { json } = await clientOf(createWorld())('/api/nothing/');
    expect(json).toMatchObject({ instance: '/api/nothing/' });
  });

  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s on a known path is 405 and says what it takes',
    async (method) => {
      const { status, headers } = await clientOf(createWorld())('/api/v1/kill-switch', { method });
      expect(status).toBe(405);
      expect(headers.get('allow')).toBe('GET, POST');
    },
  );
});

describe('errors below a route', () => {
  const failing = (error: unknown) => {
    const world = createWorld();
    const deps = {
      ...world.deps,
      killSwitch: { ...world.deps.killSwitch, list: () => Promise.reject(error) },
    };
    return { ...world, deps };
  };

  test('an unexpected one is 500 without its text, and in the log with the request id', async () => {
    const world = failing(new Error('password=hunter2 at db.internal'));
    const answer = await clientOf(world)('/api/v1/kill-switch', { headers: { 'x-request-id': 'r1' } });
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('hunter2');
    const line = world.logged.find(({ level }) => level === 'error');
    expect(line?.fields).toMatchObject({ requestId: 'r1' });
  });

  test.each(['ECONNREFUSED', 'ECONNRESET', '57P01', '08006'])(
    'a lost connection (%s) is 503',
    async (code) => {
      const world = failing(Object.assign(new Error('gone'), { code }));
      const answer = await clientOf(world)('/api/v1/kill-switch');
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
    },
  );

  test('a cursor nobody handed out is 400, named', async () => {
    const { status, json } = await clientOf(failing(new InvalidCursor('x')))('/api/v1/kill-switch');
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field: 'cursor' }] });
  });
});
