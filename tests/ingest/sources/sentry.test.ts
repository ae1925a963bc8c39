/** What is particular to Sentry's webhooks; what every way in promises is in contract.test.ts. */
import { expect, test } from 'vitest';
import { ownOfSources } from '../../../ingest/sources/index.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings } from '../support/memory.ts';
import { nowMs } from '../support/otlp.ts';
import { minutesAgo } from './harness.ts';
import { headersOf, issue, issueAlert, sentry } from './harnesses/sentry.ts';

function appWith(fields: object = {}): TestApp {
  const settings = { ...defaultSettings, sentry: { ...defaultSettings.sentry, ...fields } };
  return new TestApp({ sources: ownOfSources(settings, () => sentry.signature?.secrets.join(' ') ?? null) });
}
async function post(app: TestApp, resource: string, body: object): Promise<Record<string, unknown>> {
  const text = JSON.stringify(body);
  const response = await app.post(sentry.path, text, headersOf(text, resource));
  return { status: response.status, ...((await response.json()) as object) };
}
const anomalies = (app: TestApp) =>
  [...app.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
async function read(resource: string, body: object, app = appWith()) {
  expect(await post(app, resource, body)).toMatchObject({ accepted: 1 });
  const [found] = anomalies(app);
  if (found === undefined) throw new Error('no alert was stored');
  return found;
}

const metricAlert = (action: string, fields: object = {}) => ({
  action,
  data: {
    description_text: '1000 events in the last 10 minutes\nFilter: level:error',
    description_title: `${action[0]?.toUpperCase()}${action.slice(1)}: Too many errors`,
    metric_alert: {
      id: '4',
      identifier: '1',
      title: 'Sacred Marmot',
      projects: ['orders'],
      date_started: minutesAgo(5),
      date_detected: minutesAgo(4),
      date_closed: action === 'resolved' ? minutesAgo(1) : null,
      alert_rule: {
        id: '7',
        name: 'Too many errors',
        environment: 'prod',
        projects: ['orders'],
        triggers: [],
      },
      ...fields,
    },
    web_url: 'https://sentry.io/organizations/acme/alerts/1/',
  },
  installation: { uuid: 'a8e5d37a-696c-4c54-adb5-b3f28d64c7de' },
});

test('a metric alert is one alert, however grave it becomes, until it is resolved', async () => {
  const app = appWith();
  const accepted = [];
  for (const action of ['warning', 'critical', 'resolved', 'resolved'])
    accepted.push((await post(app, 'metric_alert', metricAlert(action))).accepted);
  expect(accepted).toEqual([1, 0, 1, 0]);
  expect(anomalies(app)).toMatchObject([
    {
      state: 'firing',
      severity: 'warning',
      title: 'Too many errors',
      scope: { environment: 'prod', service: 'orders' },
    },
    { state: 'cleared', clearedMs: nowMs - 60_000 },
  ]);
});

test('a metric alert without its rule is called as its description, without the state in front', async () => {
  const found = await read('metric_alert', metricAlert('critical', { alert_rule: null }));
  expect([found.title, found.severity, found.scope.service]).toEqual([
    'Too many errors',
    'critical',
    'orders',
  ]);
});

test('events of an issue are one alert, and so is what is told of the issue itself', async () => {
  const app = appWith({ newIssues: true });
  expect(await post(app, 'issue', issue('A', 'created'))).toMatchObject({ accepted: 1 });
  expect(await post(app, 'event_alert', issueAlert('A', { event_id: 'another' }))).toMatchObject({
    accepted: 0,
  });
  expect(await post(app, 'issue', issue('A', 'assigned'))).toMatchObject({
    accepted: 0,
    ignored: expect.any(String),
  });
  expect(await post(app, 'issue', issue('A', 'archived'))).toMatchObject({ accepted: 1 });
  app.clock.current += 60 * 60_000;
  expect(await post(app, 'issue', issue('A', 'unresolved'))).toMatchObject({ accepted: 1 });
  expect(anomalies(app).map(({ state, onsetMs }) => [state, onsetMs])).toEqual([
    ['firing', nowMs - 5 * 60_000],
    ['cleared', nowMs - 5 * 60_000],
    ['firing', app.clock.current],
  ]);
});

test.each([
  ['issue', issue('A', 'constructor')],
  ['metric_alert', metricAlert('constructor')],
])('another action of %s neither begins an alert nor ends it', async (resource, body) => {
  const app = appWith({ newIssues: true });
  expect(await post(app, resource, body)).toMatchObject({
    status: 202,
    ignored: expect.stringContaining('neither'),
  });
});

test('a new issue is an alert only where that was asked for', async () => {
  for (const action of ['created', 'unresolved']) {
    const ignored = expect.stringContaining('ingest.sentry.newIssues');
    expect(await post(appWith(), 'issue', issue('A', action))).toMatchObject({ accepted: 0, ignored });
  }
});

test.each([
  ['fatal', 'critical'],
  ['error', 'warning'],
  ['warning', 'warning'],
  ['info', 'info'],
  ['debug', 'info'],
])('an issue of level %s is %s', async (level, severity) => {
  expect((await read('event_alert', issueAlert('A', { level }))).severity).toBe(severity);
});

test('the issue of an event is in its address, where it has no id; without either it is refused', async () => {
  const app = appWith();
  await post(app, 'event_alert', issueAlert('A', { issue_id: null }));
  await post(app, 'issue', issue('A', 'resolved', { id: '1170820242' }));
  expect(anomalies(app).map(({ state }) => state)).toEqual(['firing', 'cleared']);
  const nameless = issueAlert('A', { issue_id: null, issue_url: null });
  expect(await post(app, 'event_alert', nameless)).toMatchObject({
    status: 422,
    field: 'data.event.issue_id',
  });
});

test('projects can have other names here, and a reach', async () => {
  const app = appWith({
    services: { orders: { service: 'order-api', environment: 'live' } },
    reach: { environments: ['live'] },
  });
  expect((await read('event_alert', issueAlert('A'), app)).scope).toEqual({
    service: 'order-api',
    environment: 'live',
  });
  const other = issueAlert('B', { url: 'https://sentry.io/api/0/projects/acme/cart/events/1/' });
  expect((await post(app, 'event_alert', other)).status).toBe(403);
});

test.each(['installation', 'error', 'comment', 'seer', ''])(
  '%j says nothing of an alert',
  async (resource) => {
    const app = appWith();
    expect(await post(app, resource, { action: 'created', data: {} })).toMatchObject({
      ...{ status: 202, accepted: 0, ignored: expect.stringContaining('resource') },
    });
  },
);
