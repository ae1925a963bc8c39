// The whole of ingest with the real detection engine, fed by OpenTelemetry's own SDK over HTTP.

import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, test } from 'vitest';
import { defaultIngestSettings, type Ingest, startIngest } from '../../../app/ingest/start.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import {
  defaultSources,
  MemoryClock,
  MemoryEpisodes,
  MemoryHistory,
  MemoryInbox,
  MemoryLearnt,
  MemoryMetrics,
  MemoryStarter,
  openAuthorize,
  silentLog,
} from '../../ingest/support/memory.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const clock = { nowMs: () => Date.now() };
const newEngine = (): DetectionEngine => createDetectionEngine(detectionConfigSchema.parse({}));

async function start(
  history: MemoryHistory | null,
  detection = newEngine(),
  watchedElsewhere?: ReadonlyMap<string, readonly string[]> | null,
  learnt = new MemoryLearnt(),
) {
  const inbox = new MemoryInbox(new MemoryClock(0));
  const episodes = new MemoryEpisodes();
  const starter = new MemoryStarter();
  const metrics = new MemoryMetrics();
  const ingest: Ingest = await startIngest({
    settings: {
      ...defaultIngestSettings,
      defaultEnvironment: 'default-env',
      sources: defaultSources(),
      correlation: { windowMs: 60_000, maxHops: 1 },
      tickMs: 20,
    },
    detection,
    inbox,
    episodes,
    silenced: { judgeAgain: async () => 0 },
    notes: { refused: async () => {}, resources: async () => {} },
    learnt,
    starter,
    history,
    watchedElsewhere,
    authorize: openAuthorize,
    readRemote: async () => ({ status: 404, text: '' }),
    clock,
    metrics,
    log: silentLog,
  });
  cleanUps.push(() => ingest.stop());
  return { ingest, inbox, episodes, starter, metrics };
}

async function serve(ingest: Ingest): Promise<string> {
  const server = createAdaptorServer({ fetch: ingest.app.fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('what the OpenTelemetry SDK exports becomes rows of history and edges of the service graph', async () => {
  const history = new MemoryHistory();
  const { ingest, episodes, metrics } = await start(history);
  const base = await serve(ingest);
  const resource = resourceFromAttributes({
    'service.name': 'web',
    'service.instance.id': 'web-1',
    'deployment.environment.name': 'prod',
  });

  const traces = new BasicTracerProvider({
    resource,
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${base}/v1/traces` }))],
  });
  const call = traces
    .getTracer('t')
    .startSpan('call', { kind: SpanKind.CLIENT, attributes: { 'peer.service': 'orders' } });
  call.setStatus({ code: SpanStatusCode.ERROR });
  call.end();
  traces.getTracer('t').startSpan('GET /', { kind: SpanKind.SERVER }).end();
  await traces.forceFlush();

  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${base}/v1/metrics` }),
  });
  const meters = new MeterProvider({ resource, readers: [reader] });
  meters
    .getMeter('t')
    .createObservableGauge('pool.used')
    .addCallback((result) => result.observe(7));
  await meters.forceFlush();

  const logs = new LoggerProvider({
    resource,
    processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${base}/v1/logs` }) })],
  });
  logs.getLogger('t').emit({ severityNumber: SeverityNumber.ERROR, body: 'payment 17 failed' });
  await logs.forceFlush();
  cleanUps.push(() => Promise.all([traces.shutdown(), meters.shutdown(), logs.shutdown()]));

  for (const signal of ['traces', 'metrics', 'logs']) {
    await expect
      .poll(() => metrics.counts.get(`sentinel_ingest_requests_total{${signal},200}`))
      .toBeGreaterThan(0);
  }
  const written = <T>(pick: (rows: MemoryHistory['rows'][number]) => readonly T[]) =>
    history.rows.flatMap(pick);
  await expect.poll(() => written((rows) => rows.calls)).toHaveLength(2);
  await expect.poll(() => written((rows) => rows.logs)).toHaveLength(1);
  expect(written((rows) => rows.calls)).toContainEqual(
    expect.objectContaining({
      service: 'web',
      instance: 'web-1',
      side: 'client',
      peer: 'orders',
      count: 1,
      errors: 1,
    }),
  );
  expect(written((rows) => rows.metrics)).toContainEqual(
    expect.objectContaining({ service: 'web', metric: 'pool.used', value: 7 }),
  );
  expect([...episodes.edges]).toEqual(['prod: web → orders']);
});

test('an alert posted over HTTP reaches its incident', async () => {
  const { ingest, starter, inbox } = await start(null);
  const base = await serve(ingest);
  const response = await fetch(`${base}/api/v1/trigger-alert`, {
    method: 'POST',
    headers: { authorization: 'Bearer good', 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'checkout is down', service: 'orders', environment: 'prod' }),
  });
  expect(response.status).toBe(202);
  await expect.poll(() => inbox.pending).toBe(0);
  expect([...starter.incidents.keys()]).toEqual(['incident/orders/1']);
});

test('a starting process rebuilds detection from the history of every environment', async () => {
  const history = new MemoryHistory();
  const atMs = Math.floor(Date.now() / 1000) * 1000 - 5_000;
  const row = { atMs, service: 's', instance: '', metric: 'm', attributes: '', value: 1 };
  const old = { ...row, atMs: atMs - 3_600_000 };
  for (const environment of ['prod', 'test']) {
    await history.write({ environment, calls: [], metrics: [row, old], logs: [], anomalies: [] });
  }
  const engine = newEngine();
  const warmed: [string, number][] = [];
  const watched: DetectionEngine = {
    observe: (observations, receivedMs) => engine.observe(observations, receivedMs),
    tick: (nowMs) => engine.tick(nowMs),
    setBack: (nowMs) => engine.setBack(nowMs),
    flush: () => engine.flush(),
    takeLearnt: (most) => engine.takeLearnt(most),
    recall: (learnt) => engine.recall(learnt),
    budgets: () => engine.budgets(),
    warm: (environment, rows) => {
      warmed.push([environment, rows.metrics.length]);
      engine.warm(environment, rows);
    },
  };
  await start(history, watched);
  expect(warmed).toEqual([
    ['prod', 1],
    ['test', 1],
  ]);
});

test.each([
  [
    'the services that come in another way are left out',
    new Map([['prod', ['s']]]),
    [
      ['prod', 0],
      ['test', 1],
    ],
  ],
  ['while nobody knows which those are, detection starts cold', null, []],
] as const)('%s', async (_what, elsewhere, expected) => {
  const history = new MemoryHistory();
  const row = { atMs: Date.now() - 5_000, service: 's', instance: '', metric: 'm', attributes: '', value: 1 };
  for (const environment of ['prod', 'test'])
    await history.write({ environment, calls: [], metrics: [row], logs: [], anomalies: [] });
  const warmed: [string, number][] = [];
  const engine = newEngine();
  const warm: DetectionEngine['warm'] = (environment, rows) => {
    warmed.push([environment, rows.metrics.length]);
  };
  await start(history, { ...engine, warm }, elsewhere);
  expect(warmed).toEqual(expected);
});

test('history that is away does not keep ingest from starting', async () => {
  const history = new MemoryHistory();
  history.down = true;
  const { ingest } = await start(history);
  expect((await ingest.app.request('/v1/metrics')).status).toBe(405);
});

test('a process that is told to stop writes the seconds that were still open', async () => {
  const history = new MemoryHistory();
  const { ingest } = await start(history);
  const endMs = Date.now();
  const span = {
    ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', kind: 2, name: 'GET /' },
    startTimeUnixNano: `${endMs - 10}000000`,
    endTimeUnixNano: `${endMs}000000`,
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] };
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
  const headers = { 'content-type': 'application/json' };
  expect((await ingest.app.request('/v1/traces', { method: 'POST', headers, body })).status).toBe(200);
  await ingest.stop();
  const calls = history.rows.flatMap((rows) => rows.calls);
  expect(calls).toMatchObject([{ service: 'shop', side: 'server', count: 1 }]);
});

test('what was learnt is given back to a starting process, and kept when it ends', async () => {
  const slos = [{ service: 'orders', objective: 0.99 }];
  const newShop = () => createDetectionEngine(detectionConfigSchema.parse({ slos }));
  const learnt = new MemoryLearnt();
  const sent = async (calls: number, agoMs: number) => {
    const engine = newShop();
    const { ingest } = await start(null, engine, undefined, learnt);
    const scope = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };
    const nowMs = Date.now() - agoMs;
    const spans = Array.from({ length: calls }, (_, index) => ({
      ...({ kind: 'span', scope, name: 'GET', spanKind: 'server', attributes: {} } as const),
      ...{ traceId: `${nowMs}${index}`, spanId: `s${index}`, startMs: nowMs - 20, durationMs: 1 },
      error: index === 0,
    }));
    engine.observe(spans, nowMs);
    // Counted once the ticker has seen that the second is over.
    const before = (await learnt.recallAll()).length === 0 ? 0 : 10;
    await expect.poll(() => engine.budgets()[0]?.calls ?? 0).toBe(before + calls);
    await ingest.stop();
    return learnt.budgets.map(({ calls, missed }) => [calls, missed]);
  };
  expect(await sent(10, 60_000)).toEqual([[10, 1]]);
  expect([...learnt.states.values()].map(({ service, key }) => [service, key])).toEqual([
    ['orders', 'budget/errors/'],
  ]);
  expect(await sent(7, 40_000)).toEqual([[17, 2]]);
  const others = new Map([['prod', ['orders']]]);
  const elsewhere = newShop();
  await start(null, elsewhere, others, learnt);
  expect(elsewhere.budgets()).toEqual([]);
});
