// What nobody stands behind is remembered with the service it was about, and marks what is found there.

import { describe, expect, test } from 'vitest';
import type { Authorize } from '../../ingest/ports.ts';
import { createVouching } from '../../ingest/vouching.ts';
import { nothingFound, TestApp } from './support/app.ts';
import { anomaly, openAuthorize } from './support/memory.ts';
import { encodeRequest, gauge, metricsRequest } from './support/otlp.ts';

const json = { 'content-type': 'application/json' };
const hourMs = 60 * 60_000;
const orders = { environment: 'prod', service: 'orders' };
const about = (service: string) => anomaly(`of-${service}`, { scope: { environment: 'prod', service } });
const isMarked = (vouching: ReturnType<typeof createVouching>, service: string, nowMs: number) =>
  vouching.marked([about(service)], nowMs)[0]?.unvouched === true;

describe('a service that somebody without a key has spoken about', () => {
  test('is not vouched for, and its neighbours are', () => {
    const vouching = createVouching();
    vouching.unvouched([orders], 0);
    expect(isMarked(vouching, 'orders', 1)).toBe(true);
    expect(isMarked(vouching, 'payments', 1)).toBe(false);
  });

  test('is vouched for again a day after the last word', () => {
    const vouching = createVouching();
    vouching.unvouched([orders], 0);
    vouching.unvouched([orders], 10 * hourMs);
    expect(isMarked(vouching, 'orders', 33 * hourMs)).toBe(true);
    expect(isMarked(vouching, 'orders', 34 * hourMs)).toBe(false);
  });

  test('among more than can be remembered: nobody is vouched for', () => {
    const vouching = createVouching(2);
    const scopes = ['a', 'b', 'c'].map((service) => ({ environment: 'prod', service }));
    vouching.unvouched(scopes, 0);
    expect(isMarked(vouching, 'payments', 1)).toBe(true);
    expect(isMarked(vouching, 'payments', 24 * hourMs)).toBe(false);
  });
});

const stranger: Authorize = async () => ({
  allowed: true,
  actor: 'anonymous',
  sender: { id: 'address:203.0.113.9', vouched: false },
});
const body = encodeRequest('metrics', 'json', metricsRequest([gauge('m', { asDouble: 1 })]));
const storedAnomalies = (sut: TestApp) =>
  [...sut.inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));

describe('what is found in telemetry', () => {
  const foundIn = async (authorize: Authorize) => {
    const sut = new TestApp({ authorize });
    await sut.post('/v1/metrics', body, json);
    const [{ scope } = { scope: orders }] = sut.observed as {
      scope: { environment: string; service: string };
    }[];
    // Found a while later, when time passes.
    sut.next = { ...nothingFound, anomalies: [anomaly('a1', { scope })] };
    await sut.pipeline.tick();
    return storedAnomalies(sut);
  };

  test('of strangers is marked', async () => {
    expect(await foundIn(stranger)).toMatchObject([{ id: 'a1', unvouched: true }]);
  });

  test('of somebody with a key, or of this machine, is not', async () => {
    const [found] = await foundIn(openAuthorize);
    expect(found).toMatchObject({ id: 'a1' });
    expect(found).not.toHaveProperty('unvouched');
  });
});

test.each([
  ['/api/v1/trigger-alert', { service: 'orders', title: 'slow', severity: 'critical' }],
  ['/api/v1/events', { events: [{ kind: 'alert', service: 'orders', title: 'slow', severity: 'critical' }] }],
  [
    '/api/v1/alerts/alertmanager',
    {
      version: '4',
      alerts: [
        {
          status: 'firing',
          labels: { alertname: 'Slow', service: 'orders' },
          fingerprint: 'f',
          startsAt: '2023-11-14T22:13:20Z',
        },
      ],
    },
  ],
])('an alert of a stranger is marked: %s', async (path, sent) => {
  const sut = new TestApp({ authorize: stranger });
  const response = await sut.post(path, JSON.stringify(sent), json);
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 202 });
  expect(storedAnomalies(sut)).toMatchObject([{ scope: { service: 'orders' }, unvouched: true }]);
});

describe('a key that reaches some environments only', () => {
  const limited: Authorize = async () => ({
    allowed: true,
    actor: 'agent',
    sender: { id: 'key:3', vouched: true, reach: { environments: ['staging'] } },
  });

  test('moves no telemetry of others, and is told', async () => {
    const sut = new TestApp({ authorize: limited });
    const response = await sut.post('/v1/metrics', body, json);
    expect(await response.json()).toMatchObject({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('out-of-reach') },
    });
    expect(sut.observed).toEqual([]);
  });

  test('sends no alerts about others', async () => {
    const sut = new TestApp({ authorize: limited });
    const alert = { service: 'orders', environment: 'production', title: 'slow', severity: 'critical' };
    const refused = await sut.post('/api/v1/trigger-alert', JSON.stringify(alert), json);
    expect(refused.status).toBe(403);
    expect(storedAnomalies(sut)).toEqual([]);
    const own = { ...alert, environment: 'staging' };
    expect((await sut.post('/api/v1/trigger-alert', JSON.stringify(own), json)).status).toBe(202);
  });
});
