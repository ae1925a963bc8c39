/** What is particular to the Events API; what every way in promises is in contract.test.ts. */
import { expect, test } from 'vitest';
import { eventsFor } from '../../../adapters/pagerduty/events.ts';
import type { Authorize } from '../../../ingest/ports.ts';
import { ownOfSources } from '../../../ingest/sources/index.ts';
import { exampleBriefing, incidentId } from '../../support/deliveries.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import { minutesAgo } from './harness.ts';
import { alerts } from './harnesses/events-api.ts';

type Answer = { readonly status: string; readonly dedup_key: string; readonly accepted: number };

const trigger = (payload: object, more: object = {}) => ({
  routing_key: 'good',
  event_action: 'trigger',
  payload: { summary: 'Orders answer slowly', source: 'db-1', severity: 'error', ...payload },
  ...more,
});
const resolve = (key: string, routingKey = 'good') => ({
  routing_key: routingKey,
  event_action: 'resolve',
  dedup_key: key,
});

async function enqueue(app: TestApp, body: object, path = '/v2/enqueue'): Promise<Answer> {
  const response = await app.post(path, JSON.stringify(body), { 'content-type': 'application/json' });
  expect(response.status).toBe(202);
  return (await response.json()) as Answer;
}
const anomalies = (app: TestApp) =>
  [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
const changesOf = (app: TestApp) =>
  [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'change' ? [item.change] : []));

test('clients of PagerDuty read the answer that they know, beside ours', async () => {
  expect(await enqueue(new TestApp(), alerts.firing('A'))).toEqual({
    status: 'success',
    message: 'Event processed',
    dedup_key: 'orders/slow/A',
    accepted: 1,
    duplicates: 0,
    refused: [],
  });
});

test('an alert without a key is given one, the same for the same delivery; its end is told by it', async () => {
  const app = new TestApp();
  const first = await enqueue(app, trigger({}));
  const again = await enqueue(app, trigger({}, { dedup_key: null }));
  expect([again.dedup_key, again.accepted]).toEqual([first.dedup_key, 0]);
  expect((await enqueue(app, trigger({ source: 'db-2' }))).dedup_key).not.toBe(first.dedup_key);
  await enqueue(app, resolve(first.dedup_key));
  expect(anomalies(app).map(({ state }) => state)).toEqual(['firing', 'firing', 'cleared']);
});

test('that somebody acknowledged an alert is taken, and changes nothing', async () => {
  const app = new TestApp();
  const answer = await enqueue(app, { ...resolve('x'), event_action: 'acknowledge' });
  expect(answer).toMatchObject({
    status: 'success',
    accepted: 0,
    ignored: expect.stringMatching(/changes nothing/),
  });
  expect(app.inbox.stored.size).toBe(0);
});

test('an end needs no more than the key, also of a sender that does not reach everywhere, and ends no alert of another', async () => {
  const reach = { environments: ['prod'], services: ['orders'] };
  const authorize: Authorize = async (request) => {
    const actor = request.headers.get('authorization') === 'Bearer other' ? 'other' : 'ci';
    return { allowed: true, actor, sender: { id: `key:${actor}`, vouched: true, reach } };
  };
  const app = new TestApp({ authorize });
  await enqueue(app, alerts.firing('A'));
  await enqueue(app, resolve('orders/slow/A', 'other'));
  const [fired, others] = anomalies(app);
  expect(others).toMatchObject({ state: 'cleared' });
  expect(others?.id).not.toBe(fired?.id);
  app.clock.current += 60_000;
  await enqueue(app, resolve('orders/slow/A'));
  expect(anomalies(app)[2]).toEqual({ ...fired, state: 'cleared', clearedMs: app.clock.current });
});

test('what Sentinel told a pager is no news when it comes back', async () => {
  const app = new TestApp();
  const page = { key: incidentId, first: true, quiet: false, continued: false, because: null, url: null };
  const told = [
    exampleBriefing({}),
    exampleBriefing({ outcome: 'taken-over' }),
    exampleBriefing({ outcome: 'resolved' }),
  ];
  const events = told.flatMap((briefing) => eventsFor(briefing, page));
  expect(new Set(events.map(({ event_action }) => event_action)).size).toBe(3);
  for (const event of events) {
    expect(await enqueue(app, { ...event, routing_key: 'good' })).toMatchObject({
      accepted: 0,
      ignored: 'Sentinel itself told it',
    });
  }
  expect(app.inbox.stored.size).toBe(0);
});

test.each<[string, object, object]>([
  [
    'a field of its own',
    { custom_details: { service: 'cart', env: 'prod' }, component: 'redis' },
    { service: 'cart', environment: 'prod', component: 'redis' },
  ],
  [
    'the component, which is then no part of itself',
    { component: 'redis', group: 'shop' },
    { service: 'redis', environment: 'default-env' },
  ],
  ['the group', { group: 'shop' }, { service: 'shop' }],
  ['a workload', { custom_details: { pod: 'cart-7d4b9c9f5d-x2x5p' } }, { service: 'cart' }],
  ['the address', { source: 'https://shop.example.com/health' }, { service: 'shop.example.com' }],
  ['its words, where there is nothing else', { source: null }, { service: 'Orders answer slowly' }],
])('what it is about is %s', async (_, payload, scope) => {
  const app = new TestApp();
  await enqueue(app, trigger(payload));
  const [{ scope: read } = { scope: {} }] = anomalies(app);
  expect(read).toMatchObject(scope);
  expect('component' in read).toBe('component' in scope);
});

test.each([
  ['critical', 'critical'],
  ['error', 'critical'],
  ['warning', 'warning'],
  ['info', 'info'],
])('a severity of %s is %s', async (severity, expected) => {
  const app = new TestApp();
  await enqueue(app, trigger({ severity }));
  expect(anomalies(app)[0]?.severity).toBe(expected);
});

test('which field names the service can be set', async () => {
  const settings = { ...defaultSettings, eventsApi: { ...defaultSettings.eventsApi, service: ['class'] } };
  const app = new TestApp({ sources: ownOfSources(settings, () => null) });
  await enqueue(app, trigger({ class: 'billing', component: 'redis' }));
  expect(anomalies(app)[0]?.scope).toMatchObject({ service: 'billing', component: 'redis' });
});

test.each([
  ['2026-01-31T09:30:00.000+0000', Date.parse('2026-01-31T09:30:00Z')],
  ['yesterday', null],
])('an instant written as %s', async (timestamp, at) => {
  const app = new TestApp();
  app.clock.current = Date.parse('2026-01-31T10:00:00Z');
  await enqueue(app, trigger({ timestamp }));
  expect(anomalies(app)[0]?.onsetMs).toBe(at ?? app.clock.current);
});

test('an action that nobody knows, and an end of nothing, name the field', async () => {
  const app = new TestApp();
  const wrong = async (body: object) => {
    const response = await app.post('/v2/enqueue', JSON.stringify(body), {
      'content-type': 'application/json',
    });
    return [response.status, ((await response.json()) as { field: string }).field];
  };
  expect(await wrong({ ...trigger({}), event_action: 'triger' })).toEqual([422, 'event_action']);
  expect(await wrong({ ...resolve(''), event_action: 'resolve' })).toEqual([422, 'dedup_key']);
  expect(await wrong(trigger({ summary: '' }))).toEqual([422, 'payload.summary']);
});

test('a change has its fields as attributes, clean; without an instant it is one within the hour', async () => {
  const app = new TestApp();
  const change = (more: object) => ({
    routing_key: 'good',
    payload: {
      summary: 'Release 42 of orders',
      custom_details: { service: 'orders', type: 'release', commit: 'a1b2c3', api_key: 'hunter2hunter2' },
      ...more,
    },
  });
  const path = '/v2/change/enqueue';
  const first = await enqueue(app, change({}), path);
  expect(first).toMatchObject({ status: 'success', message: 'Change event processed', accepted: 1 });
  expect(await enqueue(app, change({}), path)).toMatchObject({ accepted: 0, duplicates: 1 });
  app.clock.current += 60 * 60_000;
  expect(await enqueue(app, change({}), path)).toMatchObject({ accepted: 1 });
  await enqueue(app, change({ timestamp: minutesAgo(-600) }), path);
  const [told, , future] = changesOf(app);
  expect(told).toMatchObject({
    type: 'release',
    service: 'orders',
    atMs: nowMs,
    attributes: { commit: 'a1b2c3' },
  });
  expect(told?.attributes.api_key).not.toContain('hunter2');
  expect(future?.atMs).toBe(app.clock.current);
});
