// Presented keys: what is asked of the store, what is counted, what is never said.

import { describe, expect, test } from 'vitest';
import { authenticate } from '../../api/http/authenticate.ts';
import { bearerKey, type WayIn } from '../../api/http/ways-in.ts';
import type { ApiKeys } from '../../api/ports/keys.ts';
import { clientOf } from './client.ts';
import { createWorld } from './in-memory.ts';

test.each([
  'Basic dXNlcjpwYXNz',
  'Bearer',
  'Bearer ',
  'Bearer two words',
  'Bearer  sk_00000000000000000000000000000000',
  `Bearer ${'x'.repeat(10_000)}`,
  'sk_00000000000000000000000000000000',
  'Bearer ключ-ключ-ключ-ключ',
  "Bearer ' OR 1=1 --",
])('a malformed header (%s) costs one look-up, like an unknown key', async (header) => {
  const world = createWorld();
  const asked: string[] = [];
  const apiKeys: ApiKeys = {
    ...world.deps.apiKeys,
    authenticate: async (presented) => {
      asked.push(presented);
      return null;
    },
  };
  const { metrics } = world.deps;
  // Not a real Request: its headers cannot hold what a socket can.
  const request = { method: 'GET', headers: { get: () => header } } as unknown as Request;
  const ways = [bearerKey(apiKeys)];
  await expect(authenticate(request, 'viewer', { ways, metrics })).rejects.toMatchObject({
    kind: 'unauthenticated',
  });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.length).toBeLessThan(100);
});

test('the scheme is read without regard to case', async () => {
  const world = createWorld();
  const answer = await clientOf(world)('/api/v1/incidents', {
    key: null,
    headers: { authorization: `bearer ${world.keys.viewer}` },
  });
  expect(answer.status).toBe(200);
});

test('malformed, unknown and revoked keys are told apart by nobody but the metrics', async () => {
  const world = createWorld();
  const call = clientOf(world);
  const bodies: unknown[] = [];
  for (const key of ['x', 'sk_00000000000000000000000000000000', world.keys.revoked]) {
    const { json, headers } = await call('/api/v1/incidents', { key, headers: { 'x-request-id': 'same' } });
    bodies.push([json, headers.get('www-authenticate')]);
  }
  expect(bodies[1]).toEqual(bodies[0]);
  expect(bodies[2]).toEqual(bodies[0]);
  await call('/api/v1/incidents', { key: null });
  await call('/api/v1/keys', { key: world.keys.viewer });
  const { text } = await world.deps.renderMetrics();
  expect(text).toContain('sentinel_auth_failures_total{reason="malformed"} 1');
  expect(text).toContain('sentinel_auth_failures_total{reason="unknown"} 2');
  expect(text).toContain('sentinel_auth_failures_total{reason="missing"} 1');
  expect(text).toContain('sentinel_auth_failures_total{reason="role-too-low"} 1');
});

test('no key appears in an answer or in the log', async () => {
  const world = createWorld();
  const { text } = await clientOf(world)('/api/v1/incidents', { key: world.keys.revoked });
  expect(text + JSON.stringify(world.logged)).not.toContain(world.keys.revoked);
});

describe('a way in that browsers use by themselves', () => {
  const cookie = (fromOwnPage: boolean): WayIn => ({
    identify: async () => ({
      kind: 'known',
      principal: { keyId: 's', name: 'p', role: 'admin', person: 'p' },
    }),
    fromOwnPage: () => fromOwnPage,
  });
  const ask = (method: string, fromOwnPage: boolean) =>
    authenticate(new Request('http://sentinel.test/', { method }), 'operator', {
      ways: [bearerKey(createWorld().deps.apiKeys), cookie(fromOwnPage)],
      metrics: createWorld().deps.metrics,
    });

  test('may read from anywhere, and change something from a page of ours', async () => {
    expect(await ask('GET', false)).toMatchObject({ name: 'p' });
    expect(await ask('POST', true)).toMatchObject({ name: 'p' });
  });

  test.each(['POST', 'DELETE'])('changes nothing (%s) from a page of somebody else', async (method) => {
    await expect(ask(method, false)).rejects.toMatchObject({ extras: { reason: 'foreign-page' } });
  });
});

test('a key that is refused is not helped by another way in', async () => {
  const request = new Request('http://sentinel.test/', { headers: { authorization: 'Bearer x' } });
  const { apiKeys, metrics } = createWorld().deps;
  const session: WayIn = {
    identify: async () => ({
      kind: 'known',
      principal: { keyId: 's', name: 'p', role: 'admin', person: 'p' },
    }),
  };
  await expect(
    authenticate(request, 'viewer', { ways: [bearerKey(apiKeys), session], metrics }),
  ).rejects.toMatchObject({ kind: 'unauthenticated' });
});
