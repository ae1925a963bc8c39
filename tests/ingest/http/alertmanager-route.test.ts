import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { TestApp } from '../support/app.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { nowMs } from '../support/otlp.ts';

let sut: TestApp;
beforeEach(() => {
  sut = new TestApp();
});

const iso = (ms: number): string => new Date(ms).toISOString();
const headers = { 'content-type': 'application/json', authorization: 'Bearer good' };
const send = (body: unknown) => sut.post('/api/v1/alerts/alertmanager', JSON.stringify(body), headers);
const alert = (fields: object = {}) => ({
  status: 'firing',
  labels: {
    alertname: 'OrdersSlow',
    service: 'orders',
    severity: 'critical',
    env: 'prod',
    instance: 'orders-2',
  },
  annotations: { summary: 'orders answers slowly', runbook_url: 'https://wiki.invalid/orders' },
  startsAt: iso(nowMs - 60_000),
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph',
  fingerprint: 'c9a3f1d2e4b5a697',
  ...fields,
});
/** As Alertmanager 0.25 sends it. */
const webhook = (...alerts: unknown[]) => ({
  receiver: 'sentinel',
  status: 'firing',
  alerts,
  groupLabels: { alertname: 'OrdersSlow' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  version: '4',
  groupKey: '{}:{alertname="OrdersSlow"}',
  truncatedAlerts: 0,
});
const stored = () =>
  [...sut.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));

describe('POST /api/v1/alerts/alertmanager', () => {
  test('an alert is in the inbox before the 202, with scope, severity and title from its labels', async () => {
    const response = await send(webhook(alert()));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, duplicates: 0, refused: [], truncated: 0 });
    expect(stored()).toMatchObject([
      {
        state: 'firing',
        detector: 'external',
        signal: 'reported',
        scope: { environment: 'prod', service: 'orders', resourceId: 'orders-2' },
        severity: 'critical',
        onsetMs: nowMs - 60_000,
        summary: 'alertmanager reported on orders: orders answers slowly',
      },
    ]);
    expect(sut.wakes).toBe(1);
  });

  test('a repetition is a duplicate, and the resolution ends the same finding', async () => {
    await send(webhook(alert()));
    expect(await (await send(webhook(alert()))).json()).toMatchObject({ accepted: 0, duplicates: 1 });
    await send(webhook(alert({ status: 'resolved', endsAt: iso(nowMs - 1_000) })));
    const [fired, cleared, ...rest] = stored();
    expect(rest).toEqual([]);
    expect(cleared).toMatchObject({ id: fired?.id, state: 'cleared', clearedMs: nowMs - 1_000 });
  });

  test('the same alert firing again later is a new finding', async () => {
    await send(webhook(alert({ startsAt: iso(nowMs - 900_000) })));
    await send(webhook(alert({ startsAt: iso(nowMs - 60_000) })));
    expect(new Set(stored().map(({ id }) => id)).size).toBe(2);
  });

  test('without a fingerprint the labels tell alerts apart, in whatever order they come', async () => {
    const labels = { service: 'orders', alertname: 'Slow' };
    const turned = { alertname: 'Slow', service: 'orders' };
    await send(webhook(alert({ fingerprint: undefined, labels })));
    const again = await send(webhook(alert({ fingerprint: undefined, labels: turned })));
    expect(await again.json()).toMatchObject({ duplicates: 1 });
    await send(webhook(alert({ fingerprint: undefined, labels: { ...labels, alertname: 'Fast' } })));
    expect(stored()).toHaveLength(2);
  });

  test('what cannot be used is named and counted; the others are stored, and nothing is asked for again', async () => {
    const nobody = alert({ labels: { alertname: 'Watchdog' } });
    const broken = { ...alert(), startsAt: 'yesterday' };
    const response = await send(webhook(nobody, alert(), broken, null));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      accepted: 1,
      refused: [
        { index: 0, field: 'labels', detail: expect.stringContaining('service, job') },
        { index: 2, field: 'startsAt' },
        { index: 3, field: '' },
      ],
    });
    expect(sut.metrics.counts.get('sentinel_ingest_events_total{refused}')).toBe(3);
    expect(stored()).toHaveLength(1);
  });

  test('nothing usable: 422 with the place, which Alertmanager counts as failed and does not send again', async () => {
    const response = await send(webhook(alert({ labels: { alertname: 'Watchdog' } })));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ field: 'alerts[0].labels' });
    expect(stored()).toEqual([]);
  });

  test.each<[string, object, object]>([
    [
      'the job without a service',
      { labels: { job: 'node', alertname: 'x' } },
      { scope: { service: 'node' } },
    ],
    ['an empty label does not count', { labels: { service: ' ', job: 'b' } }, { scope: { service: 'b' } }],
    ['no environment', { labels: { service: 'a' } }, { scope: { environment: 'default-env' } }],
    ['a severity nobody knows', { labels: { service: 'a', severity: 'purple' } }, { severity: 'warning' }],
    ['page', { labels: { service: 'a', severity: 'Page' } }, { severity: 'critical' }],
    ['none', { labels: { service: 'a', severity: 'none' } }, { severity: 'info' }],
    [
      'no summary',
      { annotations: {}, labels: { service: 'a', alertname: 'DiskFull' } },
      { summary: 'alertmanager reported on a: DiskFull' },
    ],
    ['weeks ago', { startsAt: iso(nowMs - 30 * 86_400_000) }, { onsetMs: nowMs - 7 * 86_400_000 }],
    ['a clock that is ahead', { startsAt: iso(nowMs + 90_000) }, { onsetMs: nowMs }],
    ['nanoseconds', { startsAt: '2030-01-02T03:04:00.123456789+00:00' }, { onsetMs: nowMs - 5_000 + 123 }],
  ])('%s', async (_what, fields, expected) => {
    expect((await send(webhook(alert(fields)))).status).toBe(202);
    expect(stored()).toMatchObject([expected]);
  });

  test('a resolution never ends before its beginning', async () => {
    const startsAt = iso(nowMs - 10_000);
    await send(webhook(alert({ status: 'resolved', startsAt, endsAt: '0001-01-01T00:00:00Z' })));
    expect(stored()).toMatchObject([{ state: 'cleared', clearedMs: nowMs - 10_000 }]);
  });

  test.each<[string, unknown, string]>([
    ['another version', { ...webhook(alert()), version: '3' }, 'version'],
    ['no alerts', { version: '4' }, 'alerts'],
    ['too many', webhook(...Array.from({ length: 1_001 }, () => alert())), 'alerts'],
  ])('%s: 422', async (_what, body, field) => {
    const response = await send(body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ field });
    expect(stored()).toEqual([]);
  });

  test('the inbox is away: 503, so that the whole group comes again', async () => {
    sut.inbox.down = true;
    expect((await send(webhook(alert()))).status).toBe(503);
  });

  test('without a key: 401', async () => {
    const path = '/api/v1/alerts/alertmanager';
    const response = await sut.post(path, JSON.stringify(webhook(alert())), {
      'content-type': 'application/json',
    });
    expect(response.status).toBe(401);
  });

  test('naughty strings are data in every field', async () => {
    for (const text of naughtyStrings) {
      const labels = { service: text || 'x', severity: text, alertname: text, [text]: text };
      const response = await send(
        webhook(alert({ labels, annotations: { summary: text }, fingerprint: undefined })),
      );
      expect([202, 422]).toContain(response.status);
    }
    expect(stored().length).toBeGreaterThan(300);
    for (const one of stored()) expect(JSON.stringify(one)).not.toMatch(/\\u00[01][0-9a-f]|\\[nrt]/);
  });

  test('any JSON is answered with 202 or 422', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        for (const body of [
          value,
          webhook(value),
          webhook(alert({ labels: value })),
          { version: '4', alerts: value },
        ])
          expect([202, 422]).toContain((await send(body)).status);
      }),
    );
  });
});
