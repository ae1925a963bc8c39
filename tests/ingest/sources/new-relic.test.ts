/** What is particular to New Relic's webhooks; what every way in promises is in contract.test.ts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ownOfSources } from '../../../ingest/sources/index.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import { byKey } from './harness.ts';
import { issue, newRelic } from './harnesses/new-relic.ts';

async function post(app: TestApp, body: object): Promise<Record<string, unknown>> {
  const response = await app.post(newRelic.path, JSON.stringify(body), byKey());
  return { status: response.status, ...((await response.json()) as object) };
}
const anomalies = (app: TestApp) =>
  [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
async function read(body: object, app = new TestApp()) {
  expect(await post(app, body)).toMatchObject({ accepted: 1 });
  const [found] = anomalies(app);
  if (found === undefined) throw new Error('no alert was stored');
  return found;
}

test('an issue is one alert from its creation to its close', async () => {
  const app = new TestApp();
  const states = ['CREATED', 'ACTIVATED', 'ACTIVATED', 'DEACTIVATED', 'CLOSED'];
  const answers = [];
  for (const state of states) answers.push((await post(app, issue('a', state))).accepted);
  expect(answers).toEqual([1, 0, 0, 0, 1]);
  expect(anomalies(app)).toMatchObject([
    { state: 'firing', onsetMs: nowMs - 5 * 60_000 },
    { state: 'cleared', clearedMs: nowMs - 60_000 },
  ]);
  expect(await post(app, issue('a', 'toString'))).toMatchObject({ accepted: 0, ignored: expect.any(String) });
});

test('when it was closed counts before when it was changed', async () => {
  const app = new TestApp();
  await post(app, issue('a', 'ACTIVATED'));
  const closedAt = new Date(nowMs - 2 * 60_000).toISOString();
  await post(app, issue('a', 'CLOSED', { closedAt }));
  expect(anomalies(app)[1]).toMatchObject({ clearedMs: nowMs - 2 * 60_000 });
});

test.each([
  ['CRITICAL', 'critical'],
  ['HIGH', 'warning'],
  ['MEDIUM', 'warning'],
  ['LOW', 'info'],
])('an issue of priority %s is %s', async (priority, severity) => {
  expect((await read(issue('a', 'ACTIVATED', { priority }))).severity).toBe(severity);
});

test('the default template, as it is, and the names of variables serve as well', async () => {
  const { labels: _, ...plain } = issue('a', 'ACTIVATED');
  expect((await read(plain)).scope).toMatchObject({ service: 'orders', environment: 'default-env' });
  const { id, impactedEntities: names, title, ...rest } = plain;
  const found = await read({ ...rest, issueId: id, title: [title], entitiesData: { names } });
  expect([found.scope.service, found.title]).toEqual(['orders', title]);
});

test('what it is about: a label, the entity, the condition, in this order; services can have other names here', async () => {
  const serviceOf = async (fields: object) => (await read(issue('a', 'ACTIVATED', fields))).scope.service;
  expect(await serviceOf({ labels: { service: ['billing'] } })).toBe('billing');
  expect(await serviceOf({ labels: null })).toBe('orders');
  expect(await serviceOf({ impactedEntities: null })).toBe('High latency');
  const services = { orders: { service: 'order-api', environment: 'live' } };
  const settings = { ...defaultSettings, newRelic: { ...defaultSettings.newRelic, services } };
  const app = new TestApp({ sources: ownOfSources(settings, () => null) });
  expect((await read(issue('a', 'ACTIVATED'), app)).scope).toEqual({
    service: 'order-api',
    environment: 'live',
  });
});

test('an issue without its id names the field', async () => {
  expect(await post(new TestApp(), issue('a', 'ACTIVATED', { id: null }))).toMatchObject({
    ...{ status: 422, field: 'id', detail: expect.stringContaining('{{ json issueId }}') },
  });
});

test('the template of the documentation is what is sent here', () => {
  const page = readFileSync(new URL('../../../docs/new-relic.md', import.meta.url), 'utf8');
  const template = /```handlebars\n([^`]*)```/.exec(page)?.[1] ?? '';
  const filled = JSON.parse(template.replaceAll(/\{\{[^}]*\}\}/g, '0')) as object;
  expect(Object.keys(filled).toSorted()).toEqual(Object.keys(issue('a', 'ACTIVATED')).toSorted());
});
