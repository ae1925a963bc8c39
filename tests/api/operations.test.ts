// Kill switch, keys, audit, health, metrics: the routes that run the place.

import { describe, expect, test } from 'vitest';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

test('the kill switch is for all environments unless one is named', async () => {
  const world = createWorld();
  const call = clientOf(world);
  await call('/api/v1/kill-switch', { key: world.keys.operator, body: { engaged: true, reason: 'storm' } });
  await call('/api/v1/kill-switch', { body: { environment: 'staging', engaged: false, reason: 'over' } });
  expect((await call('/api/v1/kill-switch')).json).toMatchObject({
    items: [
      { environment: '*', engaged: true, by: 'operator-person', reason: 'storm' },
      { environment: 'staging', engaged: false },
    ],
  });
});

describe('API keys', () => {
  test('a made key works until it is revoked, and is shown once', async () => {
    const world = createWorld();
    const call = clientOf(world);
    const made = await call('/api/v1/keys', { body: { name: 'ci', role: 'operator' } });
    expect(made.status).toBe(201);
    const { key, keyId } = made.json as { key: string; keyId: string };
    expect((await call('/api/v1/kill-switch', { key })).status).toBe(200);
    const listed = await call('/api/v1/keys');
    expect(listed.text).toContain(keyId);
    expect(listed.text).not.toContain(key);
    expect((await call(`/api/v1/keys/${keyId}`, { method: 'DELETE' })).status).toBe(200);
    expect((await call('/api/v1/kill-switch', { key })).status).toBe(401);
    expect((await call(`/api/v1/keys/${keyId}`, { method: 'DELETE' })).status).toBe(404);
  });

  test.each([
    'sentinel',
    ' Sentinel',
    'OWNER',
    'system:sentinel',
    'person:ada',
    'Sen\u200btinel',
    'ｓｅｎｔｉｎｅｌ',
  ])('no key is called %j, which would be read as somebody else', async (name) => {
    const world = createWorld();
    const before = await world.deps.apiKeys.list();
    const answer = await clientOf(world)('/api/keys', { body: { name, role: 'operator' } });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('read as somebody else');
    expect(await world.deps.apiKeys.list()).toEqual(before);
  });

  test('a key with an end that is over is refused', async () => {
    const body = { name: 'ci', role: 'ingest', expiresAt: '2020-01-01T00:00:00Z' };
    const answer = await clientOf(createWorld())('/api/keys', { body });
    expect(answer.json).toMatchObject({ errors: [{ field: 'expiresAt', message: 'is over already' }] });
  });

  test('the key itself is in no log line', async () => {
    const world = createWorld();
    const { json } = await clientOf(world)('/api/v1/keys', { body: { name: 'ci', role: 'viewer' } });
    expect(JSON.stringify(world.logged)).not.toContain((json as { key: string }).key);
  });
});

describe('audit', () => {
  test('is queried by actor, page by page', async () => {
    const world = createWorld();
    world.audit = ['a', 'b'].map((actor, seq) => ({
      ...{
        seq,
        atMs: 0,
        actor,
        action: 'approve',
        subject: 's',
        reason: '',
        planHash: null,
        canonical: '{}',
      },
    }));
    const { json } = await clientOf(world)('/api/v1/audit?actor=b', { key: world.keys.operator });
    expect(json).toMatchObject({ items: [{ actor: 'b' }], nextCursor: null });
  });

  test.each([
    ['from=yesterday', 'from'],
    ['from=2026-13-01T00:00:00Z', 'from'],
    ['to=2026-01-01', 'to'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
  ])('a time that is none (%s) is named', async (query, field) => {
    const { status, json } = await clientOf(createWorld())(`/api/v1/audit?${query}`);
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field }] });
  });
});

describe('health', () => {
  test('liveness looks at nothing', async () => {
    const world = createWorld();
    const deps = { ...world.deps, components: () => Promise.reject(new Error('must not be asked')) };
    const answer = await clientOf({ ...world, deps })('/health', { key: null });
    expect(answer.json).toEqual({ status: 'ok' });
  });

  test('ready while everything required is, whatever else is missing', async () => {
    const world = createWorld();
    world.components.push({ name: 'history', ok: false, required: false, detail: 'connection refused' });
    expect((await clientOf(world)('/ready', { key: null })).status).toBe(200);
  });

  test('not ready says which part, and details only to those with a key', async () => {
    const world = createWorld();
    world.components = [{ name: 'postgres', ok: false, required: true, detail: 'db.internal:5432 refused' }];
    const call = clientOf(world);
    const answer = await call('/ready', { key: null });
    expect(answer.status).toBe(503);
    expect(answer.json).toEqual({
      status: 'not-ready',
      components: [{ name: 'postgres', ok: false, required: true }],
    });
    expect((await call('/api/v1/components', { key: world.keys.viewer })).text).toContain('db.internal');
  });
});

test('requests are counted by route pattern, never by what was in the path', async () => {
  const world = createWorld();
  const call = clientOf(world);
  await call('/api/v1/incidents/production.orders.3f2a9c00-1');
  await call('/no/such/path');
  await call('/health', { method: 'BREW' });
  const { text, headers } = await call('/metrics', { key: null });
  expect(headers.get('content-type')).toContain('text/plain');
  expect(text).toContain('route="/api/v1/incidents/:id",method="GET",status="404"');
  expect(text).toContain('route="unmatched",method="GET",status="404"');
  expect(text).toContain('route="unmatched",method="other",status="405"');
  expect(text).not.toContain('3f2a9c');
});
