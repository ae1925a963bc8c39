// What senders in the field send, from the request to what Sentinel makes of it: series in history, findings in the inbox.

import { describe, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import type { OtlpSignal } from '../../ingest/otlp/decode.ts';
import { TestApp } from './support/app.ts';
import {
  attribute,
  encodeRequest,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from './support/otlp.ts';

const newApp = (): TestApp =>
  new TestApp({ detection: createDetectionEngine(detectionConfigSchema.parse({})) });

async function send(app: TestApp, signal: OtlpSignal, request: Json): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await app.post(`/v1/${signal}`, encodeRequest(signal, 'json', request), headers);
  expect(await answer.json()).toEqual({});
}

const resourceOf = (attributes: Readonly<Record<string, string>>): Json => ({
  attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
});

describe('replicas that count each for itself', () => {
  const identities: [string, (replica: string) => Record<string, string>][] = [
    [
      'k8s.pod.name and host.name',
      (replica) => ({ 'k8s.pod.name': `cart-${replica}`, 'host.name': `cart-${replica}` }),
    ],
    ['container.id on one host', (replica) => ({ 'host.name': 'docker-1', 'container.id': replica })],
    ['process.pid on one host', (replica) => ({ 'host.name': 'vm-1', 'process.pid': replica })],
  ];
  test.each(identities)('told apart by %s', async (_, identity) => {
    const app = newApp();
    for (let step = 0; step < 6; step += 1) {
      for (const [replica, first, bytes] of [
        ['1', 100_000, 210],
        ['2', 4_000, 640],
      ] as const) {
        const atMs = nowMs + step * 5_000 + Number(replica) * 100;
        app.clock.current = atMs;
        const point = {
          timeUnixNano: nano(atMs),
          startTimeUnixNano: nano(nowMs - 3_600_000 + Number(replica)),
        };
        const metrics = [
          {
            name: 'cart.requests',
            sum: {
              isMonotonic: true,
              aggregationTemporality: 2,
              dataPoints: [{ ...point, asInt: String(first + step * 50) }],
            },
          },
          {
            name: 'process.memory.usage',
            unit: 'By',
            gauge: { dataPoints: [{ ...point, asInt: String(bytes) }] },
          },
        ];
        await send(
          app,
          'metrics',
          metricsRequest(metrics, resourceOf({ 'service.name': 'cart', ...identity(replica) })),
        );
      }
    }
    const rows = app.history.rows.flatMap(({ metrics }) => metrics);
    const rates = rows.filter(({ metric }) => metric === 'cart.requests.rate');
    expect(rates).toHaveLength(10);
    expect(new Set(rates.map(({ value }) => value))).toEqual(new Set([10]));
    const memory = Map.groupBy(
      rows.filter(({ metric }) => metric === 'process.memory.usage'),
      ({ instance }) => instance,
    );
    expect([...memory.values()].map((own) => [...new Set(own.map(({ value }) => value))])).toEqual([
      [210],
      [640],
    ]);
  });
});

test('tenants with 64-bit ids are series of their own', async () => {
  const app = newApp();
  const ids = ['1234567824702058496', '1234567824702058500', '1234567824702058501'];
  const dataPoints = ids.map((intValue, index) => ({
    timeUnixNano: nano(nowMs),
    asInt: String(index),
    attributes: [{ key: 'tenant.id', value: { intValue } }],
  }));
  await send(app, 'metrics', metricsRequest([{ name: 'tenant.queue.depth', gauge: { dataPoints } }]));
  const rows = app.history.rows.flatMap(({ metrics }) => metrics);
  expect(rows.map(({ attributes, value }) => [attributes, value])).toEqual(
    ids.map((id, index) => [`tenant.id=${id}`, index]),
  );
});

describe('nine of ten calls fail', () => {
  const http =
    (key: string, value: (status: string) => Json) =>
    (bad: boolean): Json => ({
      kind: 2,
      attributes: [{ key, value: value(bad ? '503' : '200') }],
    });
  const senders: [string, (bad: boolean) => Json, string][] = [
    [
      'http.response.status_code alone',
      http('http.response.status_code', (status) => ({ intValue: status })),
      'edge',
    ],
    [
      'http.status_code as text alone',
      http('http.status_code', (status) => ({ stringValue: status })),
      'edge',
    ],
    [
      'a gRPC code by name alone',
      (bad) => ({ kind: 2, attributes: [attribute('rpc.grpc.status_code', bad ? 'UNAVAILABLE' : 'OK')] }),
      'edge',
    ],
    [
      'spans without a kind',
      (bad) => ({ kind: 0, attributes: [attribute('http.status_code', bad ? '500' : '200')] }),
      'edge',
    ],
    ['internal spans without a parent', (bad) => ({ kind: 1, status: bad ? { code: 2 } : {} }), 'edge'],
    ['consumers only', (bad) => ({ kind: 5, status: bad ? { code: 2 } : {} }), 'edge'],
    ['producers only', (bad) => ({ kind: 4, status: bad ? { code: 2 } : {} }), 'edge'],
    [
      'clients only, refused with 4xx',
      (bad) => ({ kind: 3, attributes: [attribute('http.status_code', bad ? '429' : '200')] }),
      'edge',
    ],
  ];
  test.each(senders)('%s: found', async (_, fields, service) => {
    const app = newApp();
    let ids = 0;
    for (let tick = 0; tick < 120; tick += 1) {
      const atMs = nowMs + tick * 500;
      app.clock.current = atMs;
      const spans = Array.from({ length: 10 }, (_unused, index) => {
        ids += 1;
        const endMs = atMs - 500 + index * 50;
        return span({
          traceId: ids.toString(16).padStart(32, '0'),
          spanId: ids.toString(16).padStart(16, '0'),
          startTimeUnixNano: nano(endMs - 20),
          endTimeUnixNano: nano(endMs),
          ...fields(tick >= 80 && index < 9),
        });
      });
      const resource = resourceOf({ 'service.name': service, 'service.instance.id': `${service}-1` });
      await send(app, 'traces', tracesRequest(spans, resource));
    }
    const found = [...app.inbox.stored.values()].flatMap(({ item }) =>
      item.kind === 'anomaly' ? [`${item.anomaly.signal} ${item.anomaly.scope.service}`] : [],
    );
    expect(found).toContain(`errors ${service}`);
  });

  test('answered with 404, a server is well', async () => {
    const app = newApp();
    for (let tick = 0; tick < 120; tick += 1) {
      const atMs = nowMs + tick * 500;
      app.clock.current = atMs;
      const spans = Array.from({ length: 10 }, (_unused, index) => {
        const endMs = atMs - 500 + index * 50;
        const id = tick * 10 + index + 1;
        return span({
          traceId: id.toString(16).padStart(32, '0'),
          spanId: id.toString(16).padStart(16, '0'),
          startTimeUnixNano: nano(endMs - 20),
          endTimeUnixNano: nano(endMs),
          attributes: [attribute('http.response.status_code', tick >= 80 ? '404' : '200')],
        });
      });
      await send(app, 'traces', tracesRequest(spans));
    }
    expect([...app.inbox.stored.keys()]).toEqual([]);
  });
});

test('three JSON errors are three templates', async () => {
  const app = newApp();
  const messages = ['payment declined by bank', 'database connection refused', 'disk is full'];
  const bodies = messages.map((msg, index) => JSON.stringify({ level: 'error', msg, trace: `abc${index}` }));
  const logfmt = messages.map((msg, index) => `ts=${index} level=error msg="${msg}" trace=abc${index}`);
  const records = [...bodies, ...logfmt].map((stringValue) => ({
    timeUnixNano: nano(nowMs),
    body: { stringValue },
  }));
  await send(app, 'logs', logsRequest(records));
  app.clock.current += 5_000;
  await app.pipeline.tick();
  await app.pipeline.settle();
  const rows = app.history.rows.flatMap(({ logs }) => logs);
  expect(rows.map(({ template, count, severityNumber }) => [template, count, severityNumber])).toEqual(
    messages.map((message) => [message, 2, 17]),
  );
});
