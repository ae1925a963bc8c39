// OpenTelemetry's own SDK and exporters, over HTTP (as JSON) and gRPC (as Protobuf): what the program recorded arrives as such.

import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as HttpLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as HttpMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as HttpTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HistogramPoint, MetricPoint } from '../../../domain/observation.ts';
import { TestApp, type TestAppOptions } from '../support/app.ts';
import { serveGrpc } from '../support/grpc.ts';
import { authorize } from '../support/memory.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const resource = resourceFromAttributes({ 'service.name': 'web', 'service.instance.id': 'web-1' });
const scope = { environment: 'default-env', service: 'web', resourceId: 'web-1' };

async function served(options: TestAppOptions = {}): Promise<{ sut: TestApp; http: string; grpc: string }> {
  const sut = new TestApp(options);
  sut.clock.current = Date.now();
  const fetch = sut.app.fetch;
  const server = createAdaptorServer({ fetch });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
  const { port, grpc } = await serveGrpc(async (request) => fetch(request));
  cleanUps.push(grpc.close);
  return {
    sut,
    http: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    grpc: `http://127.0.0.1:${port}`,
  };
}

/** What docs/telemetry.md tells a user to set: for HTTP, or what it says "or" of, for gRPC. */
function documentedEnvironment(way: 'HTTP' | 'gRPC', endpoint: string): Record<string, string> {
  const lines = readFileSync(new URL('../../../docs/telemetry.md', import.meta.url), 'utf8').matchAll(
    /^export (OTEL_\w+)="?([^"\s]+)"?(?: +# or (\S+))?/gm,
  );
  const given = [...lines].map(([, name = '', http = '', grpc = http]) => [
    name,
    way === 'HTTP' ? http : grpc,
  ]);
  const environment = Object.fromEntries(given) as Record<string, string>;
  const documented = environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
  expect(documented).toMatch(way === 'HTTP' ? /:4500$/ : /:4317$/);
  return {
    ...environment,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS:
      environment.OTEL_EXPORTER_OTLP_HEADERS?.replace('$SENTINEL_API_KEY', 'good') ?? '',
  };
}

describe.each(['HTTP', 'gRPC'] as const)('over %s', (way) => {
  test('with the environment of the documentation, and a key', async () => {
    const { sut, http, grpc } = await served({ authorize });
    const environment = documentedEnvironment(way, way === 'HTTP' ? http : grpc);
    expect(environment.OTEL_EXPORTER_OTLP_PROTOCOL).toBe(way === 'HTTP' ? 'http/protobuf' : 'grpc');
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    cleanUps.push(async () => void vi.unstubAllEnvs());
    const exporter = way === 'HTTP' ? new HttpTraces() : new GrpcTraces();
    const traces = new BasicTracerProvider({
      resource: detectResources({ detectors: [envDetector] }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    cleanUps.push(() => traces.shutdown());
    traces.getTracer('t').startSpan('GET /').end();
    await traces.forceFlush();
    await expect.poll(() => sut.observed.length).toBe(1);
    expect(sut.observed).toMatchObject([{ scope: { service: 'cart', environment: 'production' } }]);
  });

  test('a span and a log record', async () => {
    const { sut, http, grpc } = await served();
    const [spans, records] =
      way === 'HTTP'
        ? [new HttpTraces({ url: `${http}/v1/traces` }), new HttpLogs({ url: `${http}/v1/logs` })]
        : [new GrpcTraces({ url: grpc }), new GrpcLogs({ url: grpc })];
    const traces = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(spans)] });
    const logs = new LoggerProvider({
      resource,
      processors: [new SimpleLogRecordProcessor({ exporter: records })],
    });
    cleanUps.push(() => Promise.all([traces.shutdown(), logs.shutdown()]));
    const call = traces.getTracer('t').startSpan('GET /cart', {
      kind: SpanKind.CLIENT,
      attributes: { 'server.address': 'cart' },
    });
    call.setStatus({ code: SpanStatusCode.ERROR });
    call.end();
    logs.getLogger('t').emit({ severityNumber: SeverityNumber.ERROR, body: 'payment 17 failed' });
    await Promise.all([traces.forceFlush(), logs.forceFlush()]);
    await expect.poll(() => sut.observed.length).toBe(2);
    expect(sut.observed).toContainEqual(
      expect.objectContaining({ kind: 'span', scope, spanKind: 'client', peer: 'cart', error: true }),
    );
    expect(sut.observed).toContainEqual(
      expect.objectContaining({ kind: 'log', scope, severityNumber: 17, body: 'payment 17 failed' }),
    );
  });

  describe.each(['delta', 'cumulative'] as const)('%s metrics', (temporality) => {
    /** The two exports of one instrument. */
    async function exported(record: (meters: MeterProvider, time: 1 | 2) => void): Promise<MetricPoint[]> {
      const { sut, http, grpc } = await served();
      const temporalityPreference =
        temporality === 'delta' ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
      const exporter: PushMetricExporter =
        way === 'HTTP'
          ? new HttpMetrics({ url: `${http}/v1/metrics`, temporalityPreference })
          : new GrpcMetrics({ url: grpc, temporalityPreference });
      const meters = new MeterProvider({
        resource,
        readers: [new PeriodicExportingMetricReader({ exporter })],
        views: [
          {
            instrumentName: '*.exponential',
            aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
          },
        ],
      });
      cleanUps.push(() => meters.shutdown());
      record(meters, 1);
      await meters.forceFlush();
      record(meters, 2);
      await meters.forceFlush();
      return sut.observed as MetricPoint[];
    }

    test('a counter', async () => {
      const points = await exported((meters, time) => {
        meters
          .getMeter('t')
          .createCounter('orders')
          .add(time === 1 ? 3 : 4);
      });
      const values = temporality === 'delta' ? [3, 4] : [3, 7];
      expect(points).toMatchObject(values.map((value) => ({ kind: 'counter', scope, temporality, value })));
      const [first, second] = points as { startMs: number; atMs: number }[];
      expect(second?.startMs).toBe(temporality === 'delta' ? first?.atMs : first?.startMs);
    });

    test('an up-down counter is a level, whatever the temporality of the others', async () => {
      const points = await exported((meters, time) => {
        meters
          .getMeter('t')
          .createUpDownCounter('queue')
          .add(time === 1 ? 5 : -2);
      });
      expect(points).toMatchObject([
        { kind: 'gauge', value: 5 },
        { kind: 'gauge', value: 3 },
      ]);
    });

    test('a gauge that is asked for', async () => {
      let value = 0;
      const points = await exported((meters, time) => {
        value = time * 7;
        if (time === 1)
          meters
            .getMeter('t')
            .createObservableGauge('pool')
            .addCallback((result) => result.observe(value));
      });
      expect(points).toMatchObject([
        { kind: 'gauge', value: 7 },
        { kind: 'gauge', value: 14 },
      ]);
    });

    test.each(['latency', 'latency.exponential'])('the histogram %s', async (name) => {
      const points = (await exported((meters, time) => {
        const histogram = meters.getMeter('t').createHistogram(name, { unit: 'ms' });
        for (const value of time === 1 ? [0, 3, 40] : [700]) histogram.record(value);
      })) as HistogramPoint[];
      const recorded =
        temporality === 'delta'
          ? [[0, 3, 40], [700]]
          : [
              [0, 3, 40],
              [0, 3, 40, 700],
            ];
      expect(points).toMatchObject(
        recorded.map((values) => ({
          kind: 'histogram',
          temporality,
          count: values.length,
          sum: values.reduce((sum, value) => sum + value, 0),
        })),
      );
      // A bound of the explicit buckets that are the default.
      expect(points[0]?.bounds.includes(7_500)).toBe(name === 'latency');
      expect(points.map(filledBuckets)).toEqual(
        points.map((point, index) => (recorded[index] ?? []).map((value) => bucketOf(point, value))),
      );
    });
  });
});

function filledBuckets({ bucketCounts }: HistogramPoint): number[] {
  return bucketCounts.flatMap((count, index) => new Array<number>(count).fill(index));
}

/** The bucket that holds the value: above the bound before it, up to its own. */
function bucketOf({ bounds }: HistogramPoint, value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index === -1 ? bounds.length : index;
}
