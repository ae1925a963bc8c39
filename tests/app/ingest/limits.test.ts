/** Limits in front of ingest: telemetry and events are counted apart, by source, and refused in their own language. */
import { expect, test } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import type { Refused } from '../../../api/http/refusal-audit.ts';
import { limitedIngest } from '../../../app/ingest/limits.ts';

function limited(limits: { eventsPerSource: number; telemetryPerSource: number }, status = 202) {
  const served: string[] = [];
  const noted: Refused[] = [];
  let looks = 0;
  const fetch = limitedIngest(
    (request) => {
      served.push(new URL(request.url).pathname);
      return new Response(null, { status });
    },
    {
      limits,
      apiKeys: {
        authenticate: async (key) => {
          looks += 1;
          return /^good-\w$/.test(key) ? { keyId: key, name: key, role: 'ingest', person: 'owner' } : null;
        },
      },
      refusals: { note: (refused) => void noted.push(refused) },
      metrics: createMetrics({ processMetrics: false }),
    },
  );
  const send = async (
    path: string,
    address = '203.0.113.7',
    contentType = 'application/json',
    key: string | null = null,
  ) =>
    fetch(
      new Request(`http://sentinel.test${path}`, {
        method: 'POST',
        body: '{}',
        headers: {
          'content-type': contentType,
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        },
      }),
      { address },
    );
  return { served, noted, looks: () => looks, send };
}

test('a source that sends too much is told when to come back; others and the other kind go on', async () => {
  const { served, send } = limited({ eventsPerSource: 1, telemetryPerSource: 2 });
  expect((await send('/v1/logs')).status).toBe(202);
  expect((await send('/v1/metrics')).status).toBe(202);
  const third = await send('/v1/traces');
  expect(third.status).toBe(429);
  expect(await third.json()).toMatchObject({ code: 8 });
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await send('/v1/traces', '198.51.100.1')).status).toBe(202);

  expect((await send('/api/v1/events')).status).toBe(202);
  const second = await send('/api/v1/trigger-alert');
  expect(second.status).toBe(429);
  expect(second.headers.get('content-type')).toBe('application/problem+json');
  expect(await second.json()).toMatchObject({
    ...{ type: 'urn:sentinel:problem:rate-limited', status: 429, reason: 'events' },
    requestId: second.headers.get('x-request-id'),
  });
  expect(served).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces', '/api/v1/events']);
});

test('a sender that logs an answer as it is can read it', async () => {
  const { send } = limited({ eventsPerSource: 1, telemetryPerSource: 1 });
  await send('/api/v1/write', undefined, 'application/x-protobuf');
  const second = await send('/api/v1/write', undefined, 'application/x-protobuf');
  expect([second.status, second.headers.get('content-type')]).toEqual([429, 'text/plain; charset=utf-8']);
  expect(await second.text()).toMatch(/^at most 1 requests a minute are accepted from one address/);
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('protobuf is answered in protobuf', async () => {
  const { send } = limited({ eventsPerSource: 1, telemetryPerSource: 1 });
  await send('/v1/logs', 'a', 'application/x-protobuf');
  const refused = await send('/v1/logs', 'a', 'application/x-protobuf');
  expect(refused.headers.get('content-type')).toBe('application/x-protobuf');
  // google.rpc.Status: field 1, varint, RESOURCE_EXHAUSTED.
  expect(new Uint8Array(await refused.arrayBuffer()).slice(0, 2)).toEqual(new Uint8Array([0x08, 8]));
});

test('0 is no limit', async () => {
  const { send } = limited({ eventsPerSource: 0, telemetryPerSource: 0 });
  for (let count = 0; count < 10; count += 1) expect((await send('/v1/logs')).status).toBe(202);
});

test('a good key is counted by itself, wherever it comes from; others behind its address are not held up by it', async () => {
  const { noted, send, looks } = limited({ eventsPerSource: 0, telemetryPerSource: 2 });
  const from = (key: string | null, address = 'proxy') => send('/v1/logs', address, 'application/json', key);
  expect((await from('good-a')).status).toBe(202);
  expect((await from('good-a', 'elsewhere')).status).toBe(202);
  const third = await from('good-a', 'a third place');
  expect(third.status).toBe(429);
  expect(await third.json()).toMatchObject({ message: expect.stringContaining('from one key') });
  expect((await from('good-b')).status).toBe(202);
  expect(looks()).toBe(2);
  expect(noted).toEqual([
    { actor: 'key:good-a/good-a', reason: 'over-quota', route: 'telemetry', address: 'a third place' },
  ]);
});

test('keys that are not known are counted by address, and cost no more looks than that', async () => {
  const { send, looks, noted } = limited({ eventsPerSource: 0, telemetryPerSource: 2 }, 401);
  for (let tried = 0; tried < 5; tried += 1)
    await send('/v1/logs', 'here', 'application/json', `bad-${tried}`);
  expect(looks()).toBe(2);
  expect(noted.map(({ reason }) => reason)).toEqual([
    'unauthenticated',
    'unauthenticated',
    'over-quota',
    'over-quota',
    'over-quota',
  ]);
});

test('a key that may not send is named in the audit', async () => {
  const { send, noted } = limited({ eventsPerSource: 9, telemetryPerSource: 9 }, 403);
  await send('/api/v1/events', 'here', 'application/json', 'good-v');
  expect(noted).toEqual([
    { actor: 'key:good-v/good-v', reason: 'forbidden', route: 'events', address: 'here' },
  ]);
});
