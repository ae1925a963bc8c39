import { expect, test } from 'vitest';
import { TestApp } from '../support/app.ts';
import { nowMs } from '../support/otlp.ts';
import { minutesAgo } from './harness.ts';

const path = '/api/v1/webhooks/cloudevents';
const data = { kind: 'alert', service: 'orders', title: 'Orders answer slowly' };
const attributes = { specversion: '1.0', id: '1', source: '/shop', type: 'alert', time: minutesAgo(3) };
const structured = { 'content-type': 'application/cloudevents+json' };
const batch = { 'content-type': 'application/cloudevents-batch+json' };
const binary = (fields: object = {}) => ({
  'content-type': 'application/json',
  ...Object.fromEntries(
    Object.entries({ ...attributes, ...fields }).map(([key, value]) => [`ce-${key}`, value]),
  ),
});

function start() {
  const app = new TestApp();
  const post = async (body: unknown, headers: Readonly<Record<string, string>> = structured) => {
    const response = await app.post(path, JSON.stringify(body), { authorization: 'Bearer good', ...headers });
    const said = (await response.json()) as { detail?: string; accepted?: number };
    return { status: response.status, ...said };
  };
  const stored = () => [...app.inbox.stored.values()].map(({ item }) => item);
  return { post, stored };
}

test('the same event in every mode is the same', async () => {
  const { post, stored } = start();
  const base64 = Buffer.from(JSON.stringify(data)).toString('base64');
  const said = [
    await post({ ...attributes, data }),
    await post({ ...attributes, data_base64: base64 }),
    await post([{ ...attributes, data }], batch),
    await post(data, binary()),
  ];
  expect(said.map(({ status, accepted }) => [status, accepted])).toEqual([
    [202, 1],
    [202, 0],
    [202, 0],
    [202, 0],
  ]);
  expect(stored()).toMatchObject([
    { anomaly: { onsetMs: nowMs - 3 * 60_000, title: 'Orders answer slowly' } },
  ]);
});

test('it is another one with another id, or from another source', async () => {
  const { post, stored } = start();
  const long = '/x'.repeat(200);
  const others = [{}, { id: '2' }, { source: '/other' }, { source: `${long}1` }, { source: `${long}2` }];
  for (const fields of others) await post({ ...attributes, ...fields, data });
  expect(stored()).toHaveLength(5);
});

test('alerts of one id are told apart by the source of the event, unless they name one', async () => {
  const { post, stored } = start();
  const alert = { ...data, id: 'slow' };
  for (const source of ['/a', '/b']) await post({ ...attributes, source, data: alert });
  expect(stored()).toHaveLength(2);
  for (const source of ['/a', '/b'])
    await post({ ...attributes, source, data: { ...alert, source: 'monitor' } });
  expect(stored()).toHaveLength(3);
});

test('a change, too, and the time of its own counts first', async () => {
  const { post, stored } = start();
  const change = { kind: 'change', service: 'orders', type: 'deploy', summary: 'orders 2.1' };
  await post({ ...attributes, data: change });
  await post({ ...attributes, id: '2', data: { ...change, at: minutesAgo(9) } });
  const times = stored().map((item) => item.kind === 'change' && item.change.atMs);
  expect(times).toEqual([3, 9].map((minutes) => nowMs - minutes * 60_000));
});

test('attributes in headers are percent-decoded', async () => {
  const { post, stored } = start();
  await post(data, binary({ source: 'caf%C3%A9', id: '100%' }));
  expect(stored()).toMatchObject([{ anomaly: { summary: expect.stringContaining('café') } }]);
});

test('one that is no event keeps no other of the batch out, and is named', async () => {
  const { post, stored } = start();
  const late = { ...attributes, id: '3', data: { ...data, at: '2020-01-01T00:00:00Z' } };
  const said = await post([{ ...attributes, data }, { ...attributes, id: '' }, late, 1], batch);
  expect(said).toMatchObject({
    status: 202,
    accepted: 1,
    refused: [
      { index: 1, field: 'id' },
      { index: 2, field: 'data.at' },
      { index: 3, field: '' },
    ],
  });
  expect(stored()).toHaveLength(1);
});

test.each([
  [{ ...attributes, specversion: '0.3', data }, structured, 'specversion'],
  [{ ...attributes, datacontenttype: 'text/xml', data: '<a/>' }, structured, 'datacontenttype'],
  [
    { ...attributes, data_base64: Buffer.from('{').toString('base64') },
    structured,
    'data_base64: is not JSON',
  ],
  [{ ...attributes, data: { ...data, servise: 'x' } }, structured, 'data.servise'],
  [attributes, structured, 'data'],
  [[{ ...attributes, data: {} }], batch, '[0].data'],
  [{ ...attributes, data }, batch, 'expected a list'],
  [{ ...attributes, data }, { 'content-type': 'application/json' }, 'application/cloudevents+json'],
  [data, binary({ id: '' }), 'id'],
  [data, { ...binary(), 'content-type': 'application/cloudevents+json' }, 'specversion'],
] as const)('%j is refused, and what is wrong with it said', async (body, headers, detail) => {
  const { post, stored } = start();
  const said = await post(body, headers);
  expect([said.status, said.detail]).toEqual([422, expect.stringContaining(detail)]);
  expect(stored()).toEqual([]);
});

test('a batch has a largest size, and may be empty', async () => {
  const { post } = start();
  expect(await post([], batch)).toMatchObject({ status: 202, accepted: 0 });
  expect(
    (
      await post(
        Array.from({ length: 1_001 }, () => 1),
        batch,
      )
    ).detail,
  ).toContain('at most 1000 events');
});
