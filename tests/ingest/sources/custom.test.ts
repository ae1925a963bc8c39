import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { customSettings } from '../../../ingest/sources/custom/settings.ts';
import { TestApp } from '../support/app.ts';
import { defaultSources } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import { byKey, minutesAgo } from './harness.ts';

const page = readFileSync('docs/custom-webhooks.md', 'utf8');
const documented = customSettings.parse(
  [...page.matchAll(/```yaml\n(.*?)```/gs)].flatMap(
    ([, text = '']) => (parse(text) as { ingest: { custom: object[] } }).ingest.custom,
  ),
);

function start(settings: readonly object[] = documented) {
  const own = { settings: customSettings.parse(settings), secrets: [] };
  const app = new TestApp({ sources: { ...defaultSources(), custom: own } });
  const post = async (name: string, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const response = await app.post(`/api/v1/webhooks/custom/${name}`, JSON.stringify(body), {
      ...byKey(),
      ...headers,
    });
    return { status: response.status, ...((await response.json()) as { detail?: string }) };
  };
  const found = () =>
    [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
  return { post, found, app };
}

describe('what the documentation has people paste', () => {
  /** Shape: louislam/uptime-kuma, server/notification-providers/webhook.js. */
  const kuma = (status: number, time: string) => ({
    heartbeat: {
      monitorID: 89,
      status,
      time,
      msg: 'timeout of 16000ms exceeded',
      important: true,
      duration: 36,
    },
    monitor: {
      id: 89,
      name: 'orders',
      url: 'https://orders.example',
      type: 'http',
      hostname: null,
      tags: [],
    },
    msg: '[orders] [Down] timeout of 16000ms exceeded',
  });
  const local = (text: string) => text.replace('T', ' ').replace('Z', '');

  test('Uptime Kuma', async () => {
    const { post, found } = start();
    const up = kuma(1, local(minutesAgo(1)));
    for (const body of [kuma(0, local(minutesAgo(5))), up])
      expect((await post('uptime-kuma', body)).status).toBe(202);
    const [down, over] = found();
    expect(down).toMatchObject({
      ...{ state: 'firing', severity: 'critical', title: 'orders: timeout of 16000ms exceeded' },
      ...{ onsetMs: nowMs - 5 * 60_000, scope: { service: 'orders' } },
    });
    expect(over).toMatchObject({ id: down?.id, state: 'cleared' });
    for (const body of [kuma(2, ''), { heartbeat: null, monitor: null, msg: 'test' }])
      expect(await post('uptime-kuma', body)).toMatchObject({ status: 202, ignored: expect.any(String) });
  });

  test('Zabbix', async () => {
    const { post, found } = start();
    const event = { eventId: '42', severity: '4', name: 'Load is high', host: 'db-1' };
    const tags = [
      { tag: 'scope', value: 'x' },
      { tag: 'service', value: 'orders' },
    ];
    await post('zabbix', { ...event, eventValue: '1', tags });
    await post('zabbix', { ...event, eventValue: '0', tags });
    await post('zabbix', { ...event, eventId: '43', eventValue: '1', severity: '1', tags: [] });
    expect(found()).toMatchObject([
      {
        state: 'firing',
        severity: 'critical',
        title: 'Load is high',
        scope: { service: 'orders', resourceId: 'db-1' },
      },
      { state: 'cleared' },
      { state: 'firing', severity: 'info', scope: { service: 'db-1' } },
    ]);
  });

  /** Shape: support.atlassian.com, "Webhook integration", outgoing payloads. */
  test('Opsgenie', async () => {
    const { post, found } = start();
    const alert = {
      ...{
        alertId: '052652ac',
        message: 'Orders answer slowly',
        entity: 'orders',
        priority: 'P1',
        tags: [],
        source: '',
      },
      ...{ createdAt: nowMs - 5 * 60_000, updatedAt: 1686916265415000000, tinyId: '23' },
    };
    const body = (action: string) => ({
      action,
      alert,
      integrationName: 'Webhook',
      source: { name: '', type: 'web' },
    });
    for (const action of ['Create', 'Acknowledge', 'Close']) await post('opsgenie', body(action));
    expect(found()).toMatchObject([
      { state: 'firing', severity: 'critical', onsetMs: nowMs - 5 * 60_000, scope: { service: 'orders' } },
      { state: 'cleared' },
    ]);
  });

  test('a signed one without its secret is off, and says which', async () => {
    const said = await start().post('jira', {});
    expect([said.status, said.detail]).toEqual([
      404,
      expect.stringContaining('SENTINEL_CUSTOM_JIRA_SECRETS'),
    ]);
  });
});

test('a name that is not configured is told those that are', async () => {
  const { post } = start([{ name: 'checks', mapping: '{}' }]);
  const said = await post('cheks', {});
  expect([said.status, said.detail]).toEqual([404, expect.stringContaining('It has checks.')]);
});

test.each([
  ['{"service": a}', 'title'],
  ['{"service": a, "title": "x", "servise": 1}', 'servise'],
  ['[{"service": a, "title": 1}]', '[0].title'],
  ['{"service": a, "title": "x", "at": "2019-01-01T00:00:00Z"}', 'at: is too long ago'],
  ['"text"', ''],
  ['$uppercase(1)', 'the mapping: Argument 1 of function'],
])('what %s makes is no event, and the field is named', async (mapping, detail) => {
  const { post, found } = start([{ name: 'checks', mapping }]);
  const said = await post('checks', { a: 'orders' });
  expect([said.status, said.detail?.slice(0, detail.length)]).toEqual([422, detail]);
  expect(found()).toEqual([]);
});

test('more events than one request may have are refused', async () => {
  const { post } = start([{ name: 'checks', mapping: '[1..1001].{"service": "a", "title": "b"}' }]);
  expect(await post('checks', {})).toMatchObject({
    status: 422,
    detail: expect.stringContaining('1000 events'),
  });
});

test('the same request again, by its idempotency key, is the same', async () => {
  const { post, found } = start([{ name: 'checks', mapping: '{"service": "a", "title": "b"}' }]);
  for (const _ of [1, 2]) await post('checks', {}, { 'idempotency-key': 'one' });
  await post('checks', {}, { 'idempotency-key': 'two' });
  expect(found()).toHaveLength(2);
});

describe('in the configuration', () => {
  const wrongWith = (...all: readonly object[]) => customSettings.safeParse(all).error?.issues[0];

  test('a mapping that does not compile is a mistake, with its place', () => {
    const issue = wrongWith({ name: 'a', mapping: '{}' }, { name: 'b', mapping: '{\n  "a": b +\n}' });
    expect(issue).toMatchObject({
      path: [1, 'mapping'],
      message: expect.stringContaining('line 3, column 1'),
    });
  });

  test('so is a name that is used twice, or is none', () => {
    const one = { name: 'a', mapping: '{}' };
    expect(wrongWith(one, one)).toMatchObject({ path: [1, 'name'] });
    expect(wrongWith({ ...one, name: '../a' })).toMatchObject({ path: [0, 'name'] });
  });
});
