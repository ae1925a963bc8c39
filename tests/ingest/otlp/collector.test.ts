// A real OpenTelemetry Collector between programs and Sentinel, over HTTP and gRPC at once: what it passes on, what it does
// when the answer says later, and what it tells its operator.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAdaptorServer } from '@hono/node-server';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { statusAnswer } from '../../../ingest/otlp/respond.ts';
import { freePort } from '../../../lab/run/sentinel-process.ts';
import { describeWith } from '../../support/component.ts';
import type { CollectorInfo } from '../../support/components/collector.ts';
import { TestApp } from '../support/app.ts';
import { serveGrpc } from '../support/grpc.ts';
import { anomaly, authorize } from '../support/memory.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const resource = resourceFromAttributes({ 'service.name': 'web', 'service.instance.id': 'web-1' });

await describeWith<CollectorInfo>('collector', 'A Collector', ({ executable }) => {
  /** Two Sentinels, one for each protocol, and a Collector that exports to both. */
  async function stage({ key = 'good', refused = 0 } = {}) {
    const [http, grpc] = [new TestApp({ authorize }), new TestApp({ authorize })];
    for (const { clock } of [http, grpc]) clock.current = Date.now();
    const overHttp = createAdaptorServer({ fetch: busyFor(refused, http.app.fetch) });
    await new Promise<void>((resolve) => overHttp.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => overHttp.close(resolve)));
    const overGrpc = await serveGrpc(busyFor(refused, grpc.app.fetch));
    cleanUps.push(overGrpc.grpc.close);

    const ports = { http: await freePort(), grpc: await freePort() };
    const pipeline = { receivers: ['otlp'], exporters: ['otlphttp', 'otlp'] };
    // Sooner than our answers say: they have the last word.
    const common = {
      compression: 'gzip',
      headers: { authorization: `Bearer ${key}` },
      retry_on_failure: { initial_interval: '10ms' },
    };
    const { port } = overHttp.address() as AddressInfo;
    const config = {
      receivers: {
        otlp: {
          protocols: {
            http: { endpoint: `127.0.0.1:${ports.http}` },
            grpc: { endpoint: `127.0.0.1:${ports.grpc}` },
          },
        },
      },
      exporters: {
        otlphttp: { endpoint: `http://127.0.0.1:${port}`, ...common },
        otlp: { endpoint: `127.0.0.1:${overGrpc.port}`, tls: { insecure: true }, ...common },
      },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline },
      },
    };
    const said = await run(executable, config);
    return {
      http,
      grpc,
      said,
      into: { http: `http://127.0.0.1:${ports.http}`, grpc: `http://127.0.0.1:${ports.grpc}` },
    };
  }

  test('passes on spans, logs and metrics of both temporalities, and exponential histograms', async () => {
    const { http, grpc, into } = await stage();
    const traces = new BasicTracerProvider({
      resource,
      spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${into.http}/v1/traces` }))],
    });
    const logs = new LoggerProvider({
      resource,
      processors: [new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: into.grpc }) })],
    });
    const readers = [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE].map(
      (temporalityPreference) => once(new OTLPMetricExporter({ url: into.grpc, temporalityPreference })),
    );
    const aggregation = { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const;
    const meters = new MeterProvider({
      resource,
      readers,
      views: [{ instrumentName: 'latency', aggregation }],
    });
    cleanUps.push(() => Promise.all([traces.shutdown(), logs.shutdown(), meters.shutdown()]));
    traces.getTracer('t').startSpan('GET /').end();
    logs.getLogger('t').emit({ body: 'boot' });
    meters.getMeter('t').createCounter('orders').add(3);
    meters.getMeter('t').createHistogram('latency').record(40);
    await meters.forceFlush();

    const scope = { environment: 'default-env', service: 'web', resourceId: 'web-1' };
    for (const { observed } of [http, grpc]) {
      await expect.poll(() => observed.length).toBe(6);
      expect(observed).toContainEqual(expect.objectContaining({ kind: 'span', scope, name: 'GET /' }));
      expect(observed).toContainEqual(expect.objectContaining({ kind: 'log', scope, body: 'boot' }));
      for (const temporality of ['delta', 'cumulative'] as const) {
        expect(observed).toContainEqual(
          expect.objectContaining({ kind: 'counter', scope, metric: 'orders', temporality, value: 3 }),
        );
        expect(observed).toContainEqual(
          expect.objectContaining({ kind: 'histogram', metric: 'latency', temporality, count: 1, sum: 40 }),
        );
      }
    }
  });

  test('comes again when it is told later, and tells its operator what was refused, with our words', async () => {
    const { http, grpc, said, into } = await stage();
    for (const sut of [http, grpc]) {
      sut.inbox.down = true;
      sut.next = { ...sut.next, anomalies: [anomaly('a1')] };
    }
    const exporter = new OTLPMetricExporter({ url: into.grpc });
    const meters = new MeterProvider({
      resource: resourceFromAttributes({}),
      readers: [once(exporter)],
    });
    cleanUps.push(() => meters.shutdown());
    meters.getMeter('t').createGauge('pool').record(7);
    await meters.forceFlush();
    for (const sut of [http, grpc]) {
      await expect.poll(() => sut.metrics.counts.get('sentinel_ingest_requests_total{metrics,503}')).toBe(1);
      sut.inbox.down = false;
    }
    for (const sut of [http, grpc]) {
      await expect.poll(() => sut.metrics.counts.get('sentinel_ingest_requests_total{metrics,200}')).toBe(1);
      expect([...sut.inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
    }
    expect(said()).toContain('not stored yet: the inbox is unavailable; send the same again');
    // One of each protocol.
    await expect
      .poll(() => said().match(/Partial success.*resources without a service \(set service\.name\): 1/g))
      .toHaveLength(2);
  });

  test('and when there were too many requests, which without a time to come back would be for good', async () => {
    const { http, grpc, into } = await stage({ refused: 1 });
    const meters = new MeterProvider({
      resource,
      readers: [once(new OTLPMetricExporter({ url: into.grpc }))],
    });
    cleanUps.push(() => meters.shutdown());
    meters.getMeter('t').createGauge('pool').record(7);
    await meters.forceFlush();
    for (const { observed } of [http, grpc]) await expect.poll(() => observed.length).toBe(1);
  });

  test.each([
    ['README.md', 1],
    ['docs/telemetry.md', 2],
  ])('takes what %s tells a user to configure', async (file, blocks) => {
    const text = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const documented = [...text.matchAll(/```yaml\n([^`]*otlp\w*\/sentinel:[^`]*)```/g)].map(
      ([, yaml = '']) => parse(yaml) as { exporters: object },
    );
    expect(documented).toHaveLength(blocks);
    for (const given of documented) {
      const [exporter] = Object.keys(given.exporters);
      const pipeline = { receivers: ['otlp'], processors: ['batch'], exporters: [exporter] };
      const rest = {
        receivers: { otlp: { protocols: { http: {} } } },
        processors: { batch: {} },
        service: { pipelines: { traces: pipeline } },
      };
      const dir = temporaryFolder();
      writeFileSync(join(dir, 'config.yaml'), stringify({ ...rest, ...given }));
      await promisify(execFile)(executable, ['validate', '--config', join(dir, 'config.yaml')], {
        env: { SENTINEL_API_KEY: 'key' },
      });
    }
  });

  test('drops what has no key, and says so', async () => {
    const { http, grpc, said, into } = await stage({ key: 'wrong' });
    const exporter = new OTLPMetricExporter({ url: into.grpc });
    const meters = new MeterProvider({
      resource,
      readers: [once(exporter)],
    });
    cleanUps.push(() => meters.shutdown());
    meters.getMeter('t').createGauge('pool').record(7);
    await meters.forceFlush();
    await expect.poll(said).toMatch(/Unauthenticated desc = a bearer key is needed/);
    await expect.poll(said).toMatch(/HTTP Status Code 401, Message=a bearer key is needed/);
    expect([http.observed, grpc.observed]).toEqual([[], []]);
  });
});

/** Exports when it is told to, and not again by itself. */
function once(exporter: PushMetricExporter): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
}

/** Refuses the first requests as the limits in front of ingest do. */
function busyFor(requests: number, fetch: (request: Request) => Response | Promise<Response>) {
  let left = requests;
  return async (request: Request): Promise<Response> => {
    left -= 1;
    if (left < 0) return fetch(request);
    const { contentType, body } = statusAnswer('protobuf', 8, 'too many requests');
    return new Response(body, { status: 429, headers: { 'content-type': contentType, 'retry-after': '1' } });
  };
}

/** Starts it and waits until it takes telemetry; what it has written since. */
async function run(executable: string, config: object): Promise<() => string> {
  const dir = temporaryFolder();
  writeFileSync(join(dir, 'config.yaml'), stringify(config));
  const child: ChildProcess = spawn(executable, ['--config', join(dir, 'config.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  cleanUps.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await expect.poll(() => child.exitCode !== null || said.includes('Everything is ready')).toBe(true);
  expect(said).toContain('Everything is ready');
  return () => said;
}

function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-collector-'));
  cleanUps.push(async () => rmSync(dir, { recursive: true }));
  return dir;
}
