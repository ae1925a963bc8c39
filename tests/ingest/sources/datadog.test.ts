/** What is particular to Datadog's webhooks; what every way in promises is in contract.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TestApp } from '../support/app.ts';
import { byKey } from './harness.ts';
import { datadog, event } from './harnesses/datadog.ts';

async function post(app: TestApp, body: object) {
  const response = await app.post(datadog.path, JSON.stringify(body), byKey());
  return { status: response.status, ...((await response.json()) as Record<string, unknown>) };
}
async function read(body: object) {
  const app = new TestApp();
  expect(await post(app, body)).toMatchObject({ accepted: 1 });
  const [stored] = app.inbox.stored.values();
  if (stored?.item.kind !== 'anomaly') throw new Error('no alert was stored');
  return stored.item.anomaly;
}
const triggered = event('1', 'Triggered', 5);

test.each([
  ['Triggered', 'P1', 'critical'],
  ['Re-Triggered', 'P3', 'warning'],
  ['Renotify', 'P5', 'info'],
  ['Triggered', '', 'critical'],
  ['Triggered', '$ALERT_PRIORITY', 'critical'],
  ['Warn', '', 'warning'],
  ['Re-Warn', 'P1', 'warning'],
  ['No Data', 'P1', 'warning'],
  ['Re-No Data', null, 'warning'],
  ['Warn', 'P4', 'info'],
])('%s of a monitor of priority %j is %s', async (transition, priority, severity) => {
  const { state, severity: found } = await read({ ...event('1', transition, 5), alert_priority: priority });
  expect([state, found]).toEqual(['firing', severity]);
});

test('whatever changes within a cycle is one alert; a recovery ends it', async () => {
  const app = new TestApp();
  for (const transition of ['Warn', 'Triggered', 'Re-Triggered', 'Recovered'])
    await post(app, event('1', transition, 5));
  const states = [...app.inbox.stored.values()].map(
    ({ item }) => item.kind === 'anomaly' && item.anomaly.state,
  );
  expect(states).toEqual(['firing', 'cleared']);
});

test('without its cycle, an alert is a monitor and a group, in whichever order its tags are', async () => {
  const app = new TestApp();
  const of = (scope: string) =>
    post(app, { ...triggered, alert_cycle_key: '$ALERT_CYCLE_KEY', alert_scope: scope });
  expect(await of('env:prod,service:orders')).toMatchObject({ accepted: 1 });
  expect(await of('service:orders, env:prod')).toMatchObject({ accepted: 0, duplicates: 1 });
  expect(await of('env:prod,service:cart')).toMatchObject({ accepted: 1 });
});

test('tags say what it is about, those of the group before the others; several of one name: the first', async () => {
  const scopeOf = async (fields: object) =>
    (await read({ ...triggered, alert_scope: '*', tags: '', ...fields })).scope;
  expect(await scopeOf({ tags: 'service:cart,env:live', alert_scope: 'service:orders' })).toMatchObject({
    ...{ service: 'orders', environment: 'live', resourceId: 'i-0a1b2c3d' },
  });
  expect(await scopeOf({ tags: 'service:cart,service:orders' })).toMatchObject({ service: 'cart' });
  expect(await scopeOf({ tags: 'kube_deployment:cart,pod_name:cart-7d4b9c9f5d-x2x5p' })).toMatchObject({
    ...{ service: 'cart', resourceId: 'cart-7d4b9c9f5d-x2x5p' },
  });
  expect(await scopeOf({ tags: 'monitor' })).toMatchObject({ service: 'i-0a1b2c3d' });
  expect(await scopeOf({ hostname: '' })).toMatchObject({ service: 'Orders answer slowly' });
});

test.each([
  ['[Triggered on {host:a}] Disk is full', 'Disk is full'],
  ['[P2] [Re-No Data] Disk is full', 'Disk is full'],
  ['[shop] Disk is full', '[shop] Disk is full'],
])('the title of %s', async (alert_title, title) => {
  expect((await read({ ...triggered, alert_title })).title).toBe(title);
});

test('the title of the event serves where the alert has none, and an instant may be in seconds', async () => {
  const seconds = String(Math.floor(Number(triggered.date) / 1_000));
  const found = await read({
    ...triggered,
    alert_title: '',
    event_title: '[Triggered] [Memory Alert]',
    date: seconds,
  });
  expect([found.title, found.onsetMs]).toEqual(['[Memory Alert]', Number(triggered.date)]);
});

test('a payload that lacks what is needed names it; other transitions are ignored', async () => {
  const app = new TestApp();
  expect(await post(app, { ...triggered, alert_transition: undefined })).toMatchObject({
    ...{ status: 422, field: 'alert_transition', detail: expect.stringContaining('$ALERT_TRANSITION') },
  });
  expect(await post(app, { ...triggered, alert_cycle_key: '', alert_id: '$ALERT_ID' })).toMatchObject({
    ...{ status: 422, field: 'alert_id' },
  });
  expect(await post(app, event('1', 'constructor', 5))).toMatchObject({
    ...{ status: 202, accepted: 0, ignored: expect.stringContaining('transition') },
  });
});

test('the template of the documentation has every field that is read', () => {
  const page = readFileSync(new URL('../../../docs/datadog.md', import.meta.url), 'utf8');
  const template = JSON.parse(/```json\n([^`]*"alert_id"[^`]*)```/.exec(page)?.[1] ?? '') as object;
  expect(Object.keys(template).toSorted()).toEqual(Object.keys(triggered).toSorted());
});
