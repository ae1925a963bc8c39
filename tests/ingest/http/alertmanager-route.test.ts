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

  test('an alert keeps what it may have in common with others; a machine is its own node', async () => {
    const labels = { alertname: 'Slow', service: 'orders', node: 'n1', topology_kubernetes_io_zone: 'z1' };
    const machine = { alertname: 'Down', job: 'node-exporter', instance: '10.0.0.5:9100', cluster: 'blue' };
    await send(webhook(alert({ labels }), alert({ labels: machine, fingerprint: 'machine' })));
    expect(stored()).toMatchObject([
      { common: { rule: 'Slow', node: 'n1', zone: 'z1' } },
      { common: { rule: 'Down', node: '10.0.0.5', cluster: 'blue' } },
    ]);
  });

  test('a repetition is a duplicate, and the resolution ends the same finding', async () => {
    await send(webhook(alert()));
    expect(await (await send(webhook(alert()))).json()).toMatchObject({ accepted: 0, duplicates: 1 });
    await send(webhook(alert({ status: 'resolved', endsAt: iso(nowMs - 1_000) })));
    const [fired, cleared, ...rest] = stored();
    expect(rest).toEqual([]);
    expect(cleared).toMatchObject({ id: fired?.id, state: 'cleared', clearedMs: nowMs - 1_000 });
  });

  test('the same alert firing again after its end is a new finding, with the same start or another', async () => {
    const end = { status: 'resolved', endsAt: iso(nowMs - 1_000) };
    await send(webhook(alert()));
    await send(webhook(alert(end)));
    expect(await (await send(webhook(alert()))).json()).toMatchObject({ accepted: 1, duplicates: 0 });
    await send(webhook(alert(end)));
    await send(webhook(alert({ startsAt: iso(nowMs) })));
    expect(stored().map(({ state }) => state)).toEqual(['firing', 'cleared', 'firing', 'cleared', 'firing']);
    expect(new Set(stored().map(({ id }) => id)).size).toBe(3);
  });

  test('a resolution with another start ends what fires', async () => {
    await send(webhook(alert()));
    await send(webhook(alert({ status: 'resolved', startsAt: iso(nowMs - 90_000), endsAt: iso(nowMs) })));
    expect(stored().map(({ state }) => state)).toEqual(['firing', 'cleared']);
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
    const nothing = { ...alert(), labels: 'orders' };
    const broken = { ...alert(), startsAt: 'yesterday' };
    const response = await send(webhook(nothing, alert(), broken, null));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({
      accepted: 1,
      refused: [
        { index: 0, field: 'labels' },
        { index: 2, field: 'startsAt' },
        { index: 3, field: '' },
      ],
    });
    expect(sut.metrics.counts.get('sentinel_ingest_events_total{refused}')).toBe(3);
    expect(stored()).toHaveLength(1);
  });

  test('nothing usable: 422 with the place, which Alertmanager counts as failed and does not send again', async () => {
    const response = await send(webhook(alert({ labels: null })));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ field: 'alerts[0].labels' });
    expect(stored()).toEqual([]);
  });

  test.each<[string, object, object]>([
    [
      'the job without a service',
      { labels: { job: 'billing', alertname: 'x' } },
      { scope: { service: 'billing' } },
    ],
    ['no usable label', { labels: { severity: 'page' } }, { scope: { service: 'sentinel' } }],
    [
      'null and numbers in labels',
      { labels: { service: 'a', x: null, severity: 1 } },
      { severity: 'critical' },
    ],
    ['null where nothing is', { annotations: null, fingerprint: null, endsAt: null }, { state: 'firing' }],
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
  ])('%s: 422', async (_what, body, field) => {
    const response = await send(body);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ field });
    expect(stored()).toEqual([]);
  });

  test('a group larger than thousands is taken as far as it goes, and the rest is named', async () => {
    sut = new TestApp({ limits: { maxAlerts: 1_500 } });
    const many = (count: number) =>
      webhook(
        ...Array.from({ length: count }, (_, index) =>
          index === 7 ? { status: 'firing' } : alert({ fingerprint: `f${index}` }),
        ),
      );
    expect(await (await send(many(1_001))).json()).toMatchObject({
      accepted: 1_000,
      refused: [{ index: 7 }],
    });
    const answer = await send(many(1_503));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({
      accepted: 499,
      refused: [{ index: 7 }, { index: 1_500, detail: expect.stringMatching(/^3 alerts .*max_alerts/) }],
    });
  });

  test('a group of Grafana', async () => {
    const grafana = alert({
      labels: {
        alertname: 'High latency',
        service: 'web-shop',
        severity: 'critical',
        grafana_folder: 'Shop',
      },
      values: { B: 2.4, C: 1 },
      silenceURL: 'https://grafana.example/alerting/silence/new',
      valueString: "[ var='B' labels={} value=2.4 ]",
    });
    const body = { ...webhook(grafana), version: '1', orgId: 1, title: '[FIRING:1]', state: 'alerting' };
    expect((await send(body)).status).toBe(202);
    const response = await sut.post('/api/v1/alerts/grafana', JSON.stringify(body), headers);
    expect(await response.json()).toMatchObject({ duplicates: 1 });
    expect(stored()).toMatchObject([
      { scope: { service: 'web-shop' }, summary: 'grafana reported on web-shop: orders answers slowly' },
    ]);
  });

  test('Grafana, which finds no data, names the rule', async () => {
    const labels = { alertname: 'DatasourceNoData', rulename: 'Orders per minute', grafana_folder: 'Shop' };
    await send({ ...webhook(alert({ labels, annotations: {} })), version: '1', orgId: 1 });
    expect(stored()).toMatchObject([{ scope: { service: 'Orders per minute' } }]);
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

  test('as Prometheus posts to an Alertmanager: firing until the end has passed', async () => {
    const post = (...alerts: unknown[]) => sut.post('/api/v2/alerts', JSON.stringify(alerts), headers);
    const { status: _none, fingerprint: _neither, ...posted } = alert();
    const untilLater = { ...posted, endsAt: iso(nowMs + 240_000) };
    expect((await post(untilLater, { ...posted, startsAt: undefined, endsAt: undefined })).status).toBe(202);
    expect(await (await post(untilLater)).json()).toMatchObject({ duplicates: 1 });
    expect((await post({ ...posted, endsAt: iso(nowMs - 1_000) })).status).toBe(202);
    expect(stored().map(({ state }) => state)).toEqual(['firing', 'cleared']);
    expect(stored()[1]).toMatchObject({ id: stored()[0]?.id, clearedMs: nowMs - 1_000 });
    expect((await post({ labels: 7 })).status).toBe(422);
    const other = await sut.post('/api/v2/alerts', '{}', headers);
    expect(other.status).toBe(422);
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
