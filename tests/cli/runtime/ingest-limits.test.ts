/** Limits in front of ingest: telemetry and events are counted apart, by source, and refused in their own language. */
import { expect, test } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { limitedIngest } from '../../../cli/runtime/ingest-limits.ts';

function limited(limits: { eventsPerSource: number; telemetryPerSource: number }) {
  const served: string[] = [];
  const fetch = limitedIngest(
    (request) => {
      served.push(new URL(request.url).pathname);
      return new Response(null, { status: 202 });
    },
    limits,
    createMetrics({ processMetrics: false }),
  );
  const send = async (path: string, address = '203.0.113.7', contentType = 'application/json') =>
    fetch(
      new Request(`http://sentinel.test${path}`, {
        method: 'POST',
        body: '{}',
        headers: { 'content-type': contentType },
      }),
      { address },
    );
  return { served, send };
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
