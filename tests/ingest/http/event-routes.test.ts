import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { TestApp } from '../support/app.ts';
import { silentLog } from '../support/memory.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { nowMs } from '../support/otlp.ts';

let sut: TestApp;
beforeEach(() => {
  sut = new TestApp();
});

const headers = { 'content-type': 'application/json', authorization: 'Bearer good' };
const post = (path: string, body: unknown, more: Record<string, string> = {}) =>
  sut.post(path, JSON.stringify(body), { ...headers, ...more });
const release = { kind: 'change', type: 'release', service: 'orders', summary: 'orders v8' };
const page = { kind: 'alert', service: 'orders', title: 'checkout is down', id: 'page-1' };
const stored = () => [...sut.inbox.stored.values()].map(({ item }) => item);

describe('POST /api/v1/events', () => {
  test('changes and alerts are in the inbox before the 202', async () => {
    const attributes = { from: 'v7', to: 'v8' };
    const released = { ...release, id: 'r8', environment: 'prod', attributes };
    const change = { ...released, at: new Date(nowMs - 1_000).toISOString() };
    const alert = { ...page, severity: 'critical', source: 'pager', component: '/pay' };
    const response = await post('/api/v1/events', { events: [change, alert] });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 2, duplicates: 0, ids: ['r8', 'page-1'] });
    expect(stored()).toMatchObject([
      { id: 'change/prod/r8', kind: 'change', change: { ...released, atMs: nowMs - 1_000 } },
      {
        kind: 'anomaly',
        anomaly: {
          state: 'firing',
          detector: 'external',
          signal: 'reported',
          scope: { environment: 'default-env', service: 'orders', component: '/pay' },
          severity: 'critical',
          onsetMs: nowMs,
          summary: 'pager reported on orders: checkout is down',
        },
      },
    ]);
    expect(sut.wakes).toBe(1);
  });

  test('the same event id twice is a duplicate, in one request or in two', async () => {
    const event = { ...release, id: 'r8' };
    expect(await (await post('/api/v1/events', { events: [event, event] })).json()).toMatchObject({
      accepted: 1,
      duplicates: 1,
    });
    expect(await (await post('/api/v1/events', { events: [event] })).json()).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(stored()).toHaveLength(1);
  });

  test('an Idempotency-Key makes a repeated request harmless, and loses nothing when used for something else', async () => {
    const key = { 'idempotency-key': 'deploy 17' };
    const first = await (await post('/api/v1/events', { events: [release] }, key)).json();
    const again = await (await post('/api/v1/events', { events: [release] }, key)).json();
    expect(first).toMatchObject({ accepted: 1, duplicates: 0 });
    expect(again).toMatchObject({ accepted: 0, duplicates: 1, ids: (first as { ids: string[] }).ids });
    const other = await post('/api/v1/events', { events: [{ ...release, service: 'payments' }] }, key);
    expect(await other.json()).toMatchObject({ accepted: 1 });
  });

  test('without ids and key every event is new', async () => {
    await post('/api/v1/events', { events: [release, release] });
    expect(stored()).toHaveLength(2);
  });

  test('an alert and its resolution are one anomaly: firing, then cleared', async () => {
    await post('/api/v1/events', { events: [page, { ...page, status: 'resolved' }] });
    const anomalies = stored().flatMap((item) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    expect(anomalies.map(({ state }) => state)).toEqual(['firing', 'cleared']);
    expect(new Set(anomalies.map(({ id }) => id)).size).toBe(1);
  });

  test('gzip is welcome', async () => {
    const body = gzipSync(JSON.stringify({ events: [release] }));
    expect((await sut.post('/api/v1/events', body, { ...headers, 'content-encoding': 'gzip' })).status).toBe(
      202,
    );
  });

  test.each<[string, unknown, number, string]>([
    ['a missing field', { events: [release, { ...release, service: undefined }] }, 422, 'events[1].service'],
    ['an unknown field', { events: [{ ...release, servce: 'x' }] }, 422, 'events[0].servce'],
    ['an unknown field beside the events', { events: [release], extra: 1 }, 422, 'extra'],
    ['a wrong type', { events: [{ ...release, at: 'yesterday' }] }, 422, 'events[0].at'],
    ['an unknown kind', { events: [{ kind: 'metric' }] }, 422, 'events[0].kind'],
    ['an empty name', { events: [{ ...release, service: '\u0000\u0001' }] }, 422, 'events[0].service'],
    ['a time as a number', { events: [{ ...release, at: nowMs / 1000 }] }, 422, 'events[0].at'],
    [
      'a time in the future',
      { events: [release, { ...release, at: new Date(nowMs + 86_400_000).toISOString() }] },
      422,
      'events[1].at',
    ],
    ['an id with spaces', { events: [{ ...release, id: 'a b' }] }, 422, 'events[0].id'],
    [
      'a resolution of nothing',
      { events: [{ ...page, id: undefined, status: 'resolved' }] },
      422,
      'events[0].id',
    ],
    [
      'huge labels',
      { events: [{ ...release, attributes: { k: 'x'.repeat(5_000) } }] },
      422,
      'events[0].attributes.k',
    ],
    ['no events', { events: [] }, 422, 'events'],
    ['too many events', { events: Array.from({ length: 1_001 }, () => release) }, 422, 'events'],
    ['not an object', 7, 422, ''],
  ])('%s: nothing is stored, and the field is named', async (_what, body, status, field) => {
    const response = await post('/api/v1/events', body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as Record<string, unknown>;
    expect(problem).toMatchObject({
      status,
      field,
      title: expect.any(String),
      requestId: expect.any(String),
    });
    expect(stored()).toEqual([]);
    expect(sut.wakes).toBe(0);
  });

  test.each([
    ['malformed JSON', '{"events": [', headers, 400],
    ['text', 'hello', { ...headers, 'content-type': 'text/plain' }, 415],
    ['no key', '{}', { 'content-type': 'application/json' }, 401],
    ['a key without the permission', '{}', { ...headers, authorization: 'Bearer weak' }, 403],
    ['a bad Idempotency-Key', '{"events": []}', { ...headers, 'idempotency-key': 'é' }, 422],
  ])('%s: %i', async (_what, body, given, status) => {
    const response = await sut.post('/api/v1/events', body, given);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      status,
      type: expect.stringContaining('urn:sentinel:problem:'),
    });
    if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('the inbox is away: 503, to be sent again', async () => {
    sut.inbox.down = true;
    const response = await post('/api/v1/events', { events: [release] });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await response.json()).toMatchObject({ type: 'urn:sentinel:problem:unavailable' });
  });

  test.each(['/api/v1/events', '/api/v1/trigger-alert', '/api/v1/alerts/alertmanager'])(
    'a failure of our own at %s: 503, to be sent again, and the log says which',
    async (path) => {
      const logged: unknown[] = [];
      sut = new TestApp({
        log: { ...silentLog, error: (fields) => logged.push(fields.err) },
        wake: () => {
          throw new Error('a mistake');
        },
      });
      const { kind, id, ...alert } = page;
      const bodies: Record<string, unknown> = {
        '/api/v1/events': { events: [release] },
        '/api/v1/trigger-alert': alert,
        '/api/v1/alerts/alertmanager': {
          version: '4',
          alerts: [{ status: 'firing', labels: { alertname: 'a' } }],
        },
      };
      const response = await post(path, bodies[path]);
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
      const problem = await response.json();
      expect(problem).toMatchObject({
        type: 'urn:sentinel:problem:unavailable',
        requestId: expect.any(String),
      });
      expect(JSON.stringify(problem), 'the cause is for the log').not.toContain('a mistake');
      expect(logged).toEqual([new Error('a mistake')]);
    },
  );

  test('naughty strings are data in every field', async () => {
    for (const text of naughtyStrings) {
      const event = {
        ...release,
        service: text,
        summary: text,
        attributes: { [`k${text.slice(0, 50)}`]: text },
      };
      const response = await post('/api/v1/events', {
        events: [event, { ...page, id: undefined, title: text, service: text }],
      });
      expect([202, 422]).toContain(response.status);
    }
    for (const item of stored()) expect(JSON.stringify(item)).not.toMatch(/\\u00[01][0-9a-f]|\\[nrt]/);
    expect(stored().length).toBeGreaterThan(naughtyStrings.length);
  });

  test('any JSON is answered with 202 or with the field that was wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        for (const body of [
          value,
          { events: value },
          { events: [value] },
          { events: [{ ...release, attributes: value }] },
        ]) {
          const response = await post('/api/v1/events', body);
          expect([202, 422]).toContain(response.status);
        }
      }),
    );
  });
});

describe('POST /api/v1/trigger-alert', () => {
  test('one alert becomes a reported anomaly; the answer has the id that resolves it', async () => {
    const alert = { title: 'checkout is down', service: 'orders', environment: 'prod', severity: 'critical' };
    const response = await post('/api/v1/trigger-alert', alert);
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as { id: string };
    expect(id).toBe('fresh-1');
    expect((await post('/api/v1/trigger-alert', { ...alert, id, status: 'resolved' })).status).toBe(202);
    const anomalies = stored().flatMap((item) => (item.kind === 'anomaly' ? [item.anomaly] : []));
    expect(anomalies).toMatchObject([
      { state: 'firing', detector: 'external', signal: 'reported', severity: 'critical' },
      { state: 'cleared', clearedMs: nowMs },
    ]);
    expect(anomalies[0]?.id).toBe(anomalies[1]?.id);
  });

  test('a new alert without an id is a new finding, not a duplicate of the last one', async () => {
    const alert = { title: 'checkout is down', service: 'orders' };
    await post('/api/v1/trigger-alert', alert);
    await post('/api/v1/trigger-alert', alert);
    expect(stored()).toHaveLength(2);
  });

  test('a sent-again request with an Idempotency-Key is one alert', async () => {
    const alert = { title: 'checkout is down', service: 'orders' };
    await post('/api/v1/trigger-alert', alert, { 'idempotency-key': 'k' });
    const again = await post('/api/v1/trigger-alert', alert, { 'idempotency-key': 'k' });
    expect(await again.json()).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  test.each([
    ['title', { service: 'orders' }],
    ['service', { title: 'x' }],
    ['severity', { title: 'x', service: 'orders', severity: 'sev1' }],
    ['kind', { title: 'x', service: 'orders', kind: 'alert' }],
    ['id', { title: 'x', service: 'orders', status: 'resolved' }],
  ])('names the wrong field: %s', async (field, body) => {
    const response = await post('/api/v1/trigger-alert', body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ field });
    expect(stored()).toEqual([]);
  });
});
