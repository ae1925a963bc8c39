import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { nothingFound, TestApp } from '../support/app.ts';
import { anomaly, authorize } from '../support/memory.ts';
import {
  attribute,
  decodeProtobuf,
  encodeRequest,
  gauge,
  metricsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from '../support/otlp.ts';

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const good = metricsRequest([gauge('m', { asDouble: 1 })]);
const oneBad = metricsRequest([gauge('m', { asDouble: 1 }), gauge('n', { asDouble: 'NaN' })]);

let sut: TestApp;
beforeEach(() => {
  sut = new TestApp();
});

describe('a good request', () => {
  test('JSON is answered in JSON', async () => {
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', good), json);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({});
    expect(sut.observed).toMatchObject([{ kind: 'gauge', metric: 'm', value: 1 }]);
  });

  test('protobuf is answered in protobuf', async () => {
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'protobuf', good), protobuf);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-protobuf');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
    expect(sut.observed).toHaveLength(1);
  });

  test.each(['json', 'protobuf'] as const)('gzip around %s', async (encoding) => {
    const body = gzipSync(encodeRequest('traces', encoding, tracesRequest([span({})])));
    const type = encoding === 'json' ? json : protobuf;
    const response = await sut.post('/v1/traces', body, { ...type, 'content-encoding': 'gzip' });
    expect(response.status).toBe(200);
    expect(sut.observed).toMatchObject([{ kind: 'span' }]);
  });

  test('the id of the request comes back', async () => {
    const body = encodeRequest('metrics', 'json', good);
    const given = await sut.post('/v1/metrics', body, { ...json, 'x-request-id': 'abc-1' });
    expect(given.headers.get('x-request-id')).toBe('abc-1');
    const made = await sut.post('/v1/metrics', body, { ...json, 'x-request-id': 'bad id with spaces' });
    expect(made.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('rejected points never fail the batch', () => {
  test('partialSuccess in JSON', async () => {
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', oneBad), json);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage: '1 rejected: 1 not-finite; first: metric n (not-finite)',
      },
    });
    expect(sut.observed).toHaveLength(1);
    expect(sut.metrics.counts.get('sentinel_ingest_rejected_total{metrics,not-finite}')).toBe(1);
  });

  test('partialSuccess in protobuf', async () => {
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'protobuf', oneBad), protobuf);
    const answer = decodeProtobuf(
      'ExportMetricsServiceResponse',
      new Uint8Array(await response.arrayBuffer()),
    );
    expect(answer).toEqual({
      partialSuccess: {
        rejectedDataPoints: 1,
        errorMessage: '1 rejected: 1 not-finite; first: metric n (not-finite)',
      },
    });
  });
});

describe('what was taken, and still is for its sender to look at', () => {
  const nameless = metricsRequest([gauge('m', { asDouble: 1 })], {});
  const errorMessage = 'resources without a service (set service.name): 1';

  test('is a warning in JSON, with nothing rejected', async () => {
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', nameless), json);
    expect(await response.json()).toEqual({ partialSuccess: { rejectedDataPoints: '0', errorMessage } });
    expect(sut.observed).toHaveLength(1);
  });

  test('and in protobuf', async () => {
    const body = encodeRequest('metrics', 'protobuf', nameless);
    const response = await sut.post('/v1/metrics', body, protobuf);
    const answer = new Uint8Array(await response.arrayBuffer());
    expect(decodeProtobuf('ExportMetricsServiceResponse', answer)).toEqual({
      partialSuccess: { errorMessage },
    });
  });

  test('stands behind what was rejected', async () => {
    const many = Array.from({ length: 40 }, (_, index) => attribute(`a${index}`, 'x'));
    const request = metricsRequest([gauge('m', { asDouble: 1, attributes: many }), gauge('n', {})]);
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', request), json);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage:
          '1 rejected: 1 no-value; first: metric n (no-value); attributes left out (too many, or too long a name): 8',
      },
    });
  });

  test('what is ordinary is none: the default environment, quantiles without a value, series that ended', async () => {
    const service = { attributes: [attribute('service.name', 'orders')] };
    const quantileValues = [{ quantile: 0.5, value: 'NaN' }];
    const point = { timeUnixNano: nano(nowMs), count: '1', quantileValues };
    const request = metricsRequest(
      [{ name: 's', summary: { dataPoints: [point] } }, gauge('m', { flags: 1 })],
      service,
    );
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', request), json);
    expect(await response.json()).toEqual({});
  });
});

describe('what detection has no use for is told, too', () => {
  test('partialSuccess counts it with the rest, with reason and example', async () => {
    const scope = { environment: 'e', service: 'orders' };
    const point = {
      kind: 'gauge',
      scope,
      metric: 'by.user',
      unit: '',
      attributes: {},
      atMs: nowMs,
      value: 1,
    } as const;
    sut.next = { ...nothingFound, refused: [{ reason: 'label-set-limit', count: 3, first: point }] };
    const response = await sut.post('/v1/metrics', encodeRequest('metrics', 'json', good), json);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: '3',
        errorMessage: '3 rejected: 3 label-set-limit; first: metric by.user (label-set-limit)',
      },
    });
    expect(sut.metrics.counts.get('sentinel_ingest_rejected_total{metrics,label-set-limit}')).toBe(3);
  });
});

describe('a request that cannot be taken', () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));

  test.each<[string, number, string, Uint8Array | string, Record<string, string>]>([
    ['malformed JSON', 400, 'not valid JSON', '{"resourceMetrics": [', json],
    ['a wrong type', 400, 'resourceMetrics: expected an array', '{"resourceMetrics": {}}', json],
    [
      'truncated gzip',
      400,
      'not valid gzip',
      gzipSync('{}').subarray(0, 12),
      { ...json, 'content-encoding': 'gzip' },
    ],
    ['no gzip at all', 400, 'not valid gzip', '{}', { ...json, 'content-encoding': 'gzip' }],
    ['a gzip bomb', 413, 'inflates to more than', bomb, { ...json, 'content-encoding': 'gzip' }],
    ['another encoding', 415, 'content-encoding "br"', '{}', { ...json, 'content-encoding': 'br' }],
    ['another type', 415, 'content-type must be', '{}', { 'content-type': 'text/plain' }],
    ['no type', 415, 'content-type must be', '{}', { 'content-type': '' }],
  ])('%s: %i', async (_what, status, message, body, headers) => {
    const response = await sut.post('/v1/metrics', body, headers);
    expect(response.status).toBe(status);
    const answer = (await response.json()) as { code: number; message: string };
    expect(answer.message).toContain(message);
    expect(answer.code).toBeGreaterThan(0);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(sut.observed).toEqual([]);
  });

  test('malformed protobuf is refused in protobuf, and says where', async () => {
    const body = encodeRequest('metrics', 'protobuf', good).subarray(0, 30);
    const response = await sut.post('/v1/metrics', body, protobuf);
    expect(response.status).toBe(400);
    const { code, message } = decodeProtobuf('RpcStatus', new Uint8Array(await response.arrayBuffer()));
    expect(code).toBe(3);
    expect(message).toMatch(/^resourceMetrics\[0\].*byte \d+/);
  });

  test('a body over the limit is refused: by its declared length, and without one', async () => {
    const small = new TestApp({ limits: { maxBodyBytes: 100 } });
    const declared = await small.app.request('/v1/logs', {
      method: 'POST',
      headers: { ...json, 'content-length': '101' },
      body: 'x',
    });
    expect(declared.status).toBe(413);
    const stream = new Blob(['x'.repeat(200)]).stream();
    const streamed = new Request('http://sentinel/v1/logs', {
      method: 'POST',
      headers: json,
      body: stream,
      duplex: 'half',
    });
    expect((await small.app.fetch(streamed)).status).toBe(413);
  });

  test('other methods: 405 with Allow; other paths: 404', async () => {
    const response = await sut.app.request('/v1/metrics');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await sut.app.request('/v1/profiles', { method: 'POST' })).status).toBe(404);
  });
});

describe('who may send', () => {
  const body = encodeRequest('metrics', 'json', good);

  test.each([
    ['no key', {}, 401],
    ['a key without the permission', { authorization: 'Bearer weak' }, 403],
    ['a good key', { authorization: 'Bearer good' }, 200],
  ])('keyed, %s: %i', async (_what, headers, status) => {
    const keyed = new TestApp({ authorize });
    const response = await keyed.post('/v1/metrics', body, { ...json, ...headers });
    expect(response.status).toBe(status);
    expect(keyed.observed).toHaveLength(status === 200 ? 1 : 0);
  });
});

describe('durable before 2xx', () => {
  const body = encodeRequest('metrics', 'json', good);
  const row = { atMs: 1_000, service: 's', instance: '', metric: 'm', attributes: '', value: 1 };
  const found = {
    ...nothingFound,
    rows: [{ environment: 'prod', calls: [], metrics: [row], logs: [] }],
    anomalies: [anomaly('a1')],
  };

  test('anomalies are in the inbox and rows in history', async () => {
    sut.next = found;
    expect((await sut.post('/v1/metrics', body, json)).status).toBe(200);
    expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
    expect(sut.history.rows).toMatchObject([
      { environment: 'prod', metrics: [row], anomalies: [{ id: 'a1' }] },
    ]);
    expect(sut.wakes).toBe(1);
  });

  test('history away: 503 with Retry-After after the anomalies were stored; the retry writes the rows', async () => {
    sut.next = found;
    sut.history.down = true;
    const refused = await sut.post('/v1/metrics', body, json);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ code: 14, message: expect.stringContaining('history') });
    expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
    sut.history.down = false;
    expect((await sut.post('/v1/metrics', body, json)).status).toBe(200);
    expect(sut.history.rows.flatMap(({ metrics }) => metrics)).toEqual([row]);
  });

  test('inbox away: 503; the retry stores the anomalies though detection does not find them again', async () => {
    sut.next = found;
    sut.inbox.down = true;
    expect((await sut.post('/v1/metrics', body, json)).status).toBe(503);
    sut.inbox.down = false;
    expect((await sut.post('/v1/metrics', body, json)).status).toBe(200);
    expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
    expect(sut.history.rows.flatMap(({ metrics }) => metrics)).toEqual([row]);
  });

  test('a tick stores what it finds', async () => {
    sut.next = found;
    await sut.pipeline.tick();
    expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
    await sut.pipeline.settle();
    expect(sut.history.rows).toHaveLength(1);
  });

  test('a history that does not answer holds up no tick', async () => {
    let answer = (): void => {};
    sut.history.write = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    sut.next = found;
    await sut.pipeline.tick();
    sut.next = { ...found, anomalies: [anomaly('a2')], rows: [] };
    const hanging = answer;
    await sut.pipeline.tick();
    expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing', 'anomaly/a2/firing']);
    hanging();
    answer();
    await sut.pipeline.settle();
  });
});

test('any bytes under any headers get an answer that is not a crash', async () => {
  const header = fc.constantFrom('application/json', 'application/x-protobuf', 'text/html');
  const coding = fc.constantFrom('', 'gzip', 'identity', 'zstd');
  const path = fc.constantFrom(
    '/v1/metrics',
    '/v1/logs',
    '/v1/traces',
    '/api/v1/events',
    '/api/v1/trigger-alert',
  );
  await fc.assert(
    fc.asyncProperty(
      path,
      header,
      coding,
      fc.uint8Array({ maxLength: 200 }),
      async (route, type, encoding, bytes) => {
        const headers = { 'content-type': type, 'content-encoding': encoding, authorization: 'Bearer good' };
        const response = await sut.post(route, bytes, headers);
        expect([200, 202, 400, 415, 422]).toContain(response.status);
      },
    ),
    { numRuns: 500 },
  );
});

describe('an endpoint written with slashes too many', () => {
  test.each(['//v1/metrics', '/v1/metrics/', '///v1//metrics//'])('%s is taken', async (path) => {
    const body = encodeRequest('metrics', 'json', good);
    const response = await sut.post(`http://localhost${path}`, body, json);
    expect(response.status).toBe(200);
    expect(sut.observed).toMatchObject([{ kind: 'gauge', metric: 'm', value: 1 }]);
  });

  test.each(['//v1/logs', '/v1/logs/', '//v1/traces', '/v1/traces/'])(
    '%s takes an empty request',
    async (path) => {
      const name = path.includes('logs') ? 'resourceLogs' : 'resourceSpans';
      const response = await sut.post(`http://localhost${path}`, JSON.stringify({ [name]: [] }), json);
      expect(response.status).toBe(200);
    },
  );

  test.each(['//api/events', '/api/v1/events/', '/api/trigger-alert/', '/api/alerts/alertmanager/'])(
    '%s is a route that wants a key',
    async (path) => {
      const response = await sut.post(`http://localhost${path}`, '{', json);
      expect(response.status).toBe(401);
    },
  );
});

describe('a path that is none', () => {
  test.each([
    ['/v1/traces/v1/traces', 'Did you mean /v1/traces?'],
    ['/v1/v1/logs', 'Did you mean /v1/logs?'],
    ['/otlp/v1/metrics', 'Did you mean /v1/metrics?'],
    ['/opentelemetry/logs', 'Did you mean /v1/logs?'],
    ['/api/v1/alerts', 'Senders post to /v1/metrics, /v1/logs'],
    ['/', 'Senders post to /v1/metrics, /v1/logs'],
  ])('%s is answered with what is there', async (path, hint) => {
    const response = await sut.post(path, '{}', json);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining(hint) });
  });
});

describe('telemetry of a web page', () => {
  const origin = 'https://shop.example.com';
  const ask = (from: string, path = '/v1/traces') =>
    new TestApp({ allowedOrigins: [origin] }).app.request(path, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });

  test('of a listed origin may be sent, without cookies', async () => {
    const { status, headers } = await ask(origin);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-headers')).toContain('content-type');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const body = encodeRequest('metrics', 'json', good);
    const sent = await new TestApp({ allowedOrigins: [origin] }).post('/v1/metrics', body, {
      ...json,
      origin,
    });
    expect(sent.status).toBe(200);
    expect(sent.headers.get('access-control-allow-origin')).toBe(origin);
  });

  test.each([
    'https://evil.example',
    'null',
    'http://shop.example.com',
    'https://shop.example.com.evil.example',
  ])('of %s may not', async (from) => {
    const { status, headers } = await ask(from);
    expect(status).toBe(405);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  test('is telemetry only', async () => {
    expect((await ask(origin, '/api/v1/events')).headers.get('access-control-allow-origin')).toBeNull();
  });
});
