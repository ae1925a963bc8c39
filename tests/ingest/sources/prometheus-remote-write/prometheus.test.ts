/** A real Prometheus that scrapes a target of this test and writes what it finds, by both versions of the protocol. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HistogramPoint, MetricPoint, Observation } from '../../../../domain/observation.ts';
import { describeWith } from '../../../support/component.ts';
import type { PrometheusInfo } from '../../../support/components/prometheus.ts';
import { type Prometheus, startPrometheus } from '../../../support/prometheus.ts';
import { TestApp } from '../../support/app.ts';
import { authorize } from '../../support/memory.ts';
import { type Version, versions } from '../../support/remote-write.ts';

let scrapes = 0;
/** What a client library of Prometheus shows; one series ends after some scrapes. */
function exposition(): string {
  scrapes += 1;
  return [
    '# TYPE jobs counter',
    `jobs{queue="mail"} ${scrapes}`,
    '# TYPE depth_count gauge',
    'depth_count 5',
    ...(scrapes < 4 ? ['# TYPE short gauge', 'short 1'] : []),
    '# TYPE lag_seconds histogram',
    ...[1, 2, 3].map((le) => `lag_seconds_bucket{le="${le}"} ${scrapes * le}`),
    `lag_seconds_bucket{le="+Inf"} ${scrapes * 4}`,
    `lag_seconds_sum ${scrapes * 9}`,
    `lag_seconds_count ${scrapes * 4}`,
    '',
  ].join('\n');
}

const listen = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const protobufMessage: Readonly<Record<Version, string>> = {
  '1.0': 'prometheus.WriteRequest',
  '2.0': 'io.prometheus.write.v2.Request',
};

/** Version 1.0 says the type beside the series, as it does in any Prometheus. */
const relabelling = (version: Version): string =>
  version === '1.0' ? '      - { action: labeldrop, regex: __type__|__unit__ }' : '';

/** What users copy, without its first line. */
const guide = readFileSync(new URL('../../../../docs/prometheus.md', import.meta.url), 'utf8');
const documented = /```yaml\n# prometheus\.yml\nremote_write:\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';

await describeWith<PrometheusInfo>('prometheus', 'Prometheus', ({ executable }) => {
  const apps = new Map(versions.map((version) => [version, new TestApp({ authorize })]));
  const servers: Server[] = [];
  let prometheus: Prometheus;

  beforeAll(async () => {
    const target = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(exposition());
    });
    servers.push(target);
    const scraped = await listen(target);
    const writes = await Promise.all(
      [...apps].map(async ([version, sut]) => {
        const timely = (request: Request): Response | Promise<Response> => {
          sut.clock.current = Date.now();
          return sut.app.fetch(request);
        };
        const answer = getRequestListener(timely);
        const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
        servers.push(server);
        return documented
          .replace(/http:\/\/\S+(?=\/api)/, `http://${await listen(server)}`)
          .replace('sntl_REPLACE_ME', 'good')
          .replace(/(?<=protobuf_message: )\S+/, protobufMessage[version])
          .replace('queue_config:', '$&\n      batch_send_deadline: 200ms\n      max_samples_per_send: 7')
          .replace('write_relabel_configs:', `$&\n${relabelling(version)}`)
          .replace(/^( {4})queue_config/m, '$1metadata_config: { send_interval: 1s }\n$&');
      }),
    );
    const job = (name: string, more: string): string =>
      `  - { job_name: ${name}, static_configs: [{ targets: ['${scraped}'] }], ${more} }`;
    prometheus = await startPrometheus(
      executable,
      [
        'global: { scrape_interval: 1s, external_labels: { environment: prod } }',
        'scrape_configs:',
        job('orders', 'metrics_path: /metrics'),
        job('natively', 'scrape_native_histograms: true, convert_classic_histograms_to_nhcb: true'),
        'remote_write:',
        ...writes,
      ].join('\n'),
    );
  });
  afterAll(async () => {
    await prometheus?.stop();
    for (const server of servers) server.close();
  });

  const seen = (version: Version): readonly Observation[] => apps.get(version)?.observed ?? [];
  const of = (version: Version, metric: string, service = 'orders'): readonly MetricPoint[] =>
    seen(version).flatMap((one) =>
      'metric' in one && one.metric === metric && one.scope.service === service ? [one] : [],
    );
  const count = (version: Version, name: string): number => apps.get(version)?.metrics.counts.get(name) ?? 0;

  test.each(versions)('version %s: values, with the kind that they are', async (version) => {
    await expect.poll(() => of(version, 'jobs').some(({ kind }) => kind === 'counter')).toBe(true);
    await expect.poll(() => of(version, 'depth_count').some(({ kind }) => kind === 'gauge')).toBe(true);
    await expect.poll(() => of(version, 'up').length).toBeGreaterThan(0);
    expect(of(version, 'jobs')[0]).toMatchObject({
      scope: { environment: 'prod', service: 'orders' },
      attributes: { queue: 'mail' },
    });
  });

  test.each(versions)(
    'version %s: a histogram is whole in each scrape, cut by batches or not',
    async (version) => {
      await expect.poll(() => of(version, 'lag_seconds').length).toBeGreaterThan(3);
      for (const point of of(version, 'lag_seconds').slice(1) as readonly HistogramPoint[]) {
        const of4 = point.count / 4;
        expect(point).toMatchObject({ kind: 'histogram', bounds: [1, 2, 3], sum: of4 * 9 });
        expect(point.bucketCounts).toEqual([of4, of4, of4, of4]);
      }
    },
  );

  test.each(versions)('version %s: exponential histograms', async (version) => {
    const nano = (ms: number): string => `${ms}000000`;
    const now = Date.now();
    const point = {
      ...{ startTimeUnixNano: nano(now - 60_000), timeUnixNano: nano(now), count: '10', sum: 30, scale: 0 },
      ...{ zeroCount: '1', positive: { offset: 0, bucketCounts: ['4', '0', '5'] } },
    };
    const metric = { name: 'wait', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] } };
    const service = { key: 'service.name', value: { stringValue: 'waiting' } };
    const sent = { resource: { attributes: [service] }, scopeMetrics: [{ metrics: [metric] }] };
    const answer = await fetch(`${prometheus.url}/api/v1/otlp/v1/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceMetrics: [sent] }),
    });
    expect(answer.status).toBe(200);
    await expect.poll(() => of(version, 'wait', 'waiting').length).toBeGreaterThan(0);
    const [{ bounds, bucketCounts, ...rest }] = of(version, 'wait', 'waiting') as unknown as [HistogramPoint];
    expect(rest).toMatchObject({ kind: 'histogram', count: 10, sum: 30 });
    expect([bounds.slice(1), bucketCounts]).toEqual([
      [1, 2, 4, 8],
      [1, 0, 4, 0, 5, 0],
    ]);
  });

  test('native histograms with bounds of their own, which only version 2.0 has', async () => {
    const version = '2.0';
    await expect.poll(() => of(version, 'lag_seconds', 'natively').length).toBeGreaterThan(0);
    const [point] = of(version, 'lag_seconds', 'natively') as readonly HistogramPoint[];
    expect(point).toMatchObject({ kind: 'histogram', bounds: [1, 2, 3] });
  });

  test.each(versions)(
    'version %s: a series that ended has no value; nothing was refused',
    async (version) => {
      await expect
        .poll(() => count(version, 'sentinel_ingest_adjusted_total{remote-write,series-ended}'))
        .toBeGreaterThan(0);
      expect(of(version, 'short').every((one) => one.kind === 'gauge' && one.value === 1)).toBe(true);
      const answers = [...(apps.get(version)?.metrics.counts.keys() ?? [])].filter((name) =>
        name.startsWith('sentinel_ingest_requests_total'),
      );
      expect(answers).toEqual(['sentinel_ingest_requests_total{remote-write,204}']);
      expect(prometheus.log()).not.toMatch(/level=ERROR/i);
    },
  );
});
