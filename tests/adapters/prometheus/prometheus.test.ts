/** A real Prometheus that is asked by rules: the presets, rules of one's own, and what is not known. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotAnswered } from '../../../adapters/monitor-rules/api.ts';
import { checkRules } from '../../../adapters/monitor-rules/doctor.ts';
import { lookByRules } from '../../../adapters/monitor-rules/look.ts';
import { createRuleReadings } from '../../../adapters/monitor-rules/readings.ts';
import { connectPrometheus } from '../../../adapters/prometheus/api.ts';
import { rulesOf } from '../../../adapters/prometheus/rules.ts';
import { settings as schema } from '../../../adapters/prometheus/settings.ts';
import type { AlertEvent, Observation } from '../../../domain/observation.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import type { FiringAlert, InboxItem } from '../../../ingest/ports.ts';
import { watch } from '../../../ingest/watched.ts';
import { MemoryMetrics, silentLog } from '../../ingest/support/memory.ts';
import { encodeWrite, snapped } from '../../ingest/support/remote-write.ts';
import { eventually } from '../../integration/support/wait.ts';
import { describeWith } from '../../support/component.ts';
import type { PrometheusInfo } from '../../support/components/prometheus.ts';
import { type Prometheus, startPrometheus } from '../../support/prometheus.ts';

let temperature = 80;

/** What node-exporter and cAdvisor show of a machine and of containers that are all in trouble. */
function exposition(): string {
  const now = Date.now() / 1_000;
  const [checkout, mail] = [
    'name="shop-checkout-1",image="x",id="/docker/a"',
    'name="mail",image="x",id="/docker/b"',
  ];
  const disk = 'device="sda",fstype="ext4",mountpoint="/data"';
  const cd = 'device="sr0",fstype="udf",mountpoint="/cd"';
  return [
    'node_memory_MemAvailable_bytes 30',
    'node_memory_MemTotal_bytes 100',
    `node_cpu_seconds_total{cpu="0",mode="idle"} ${now * 0.1}`,
    `node_cpu_seconds_total{cpu="0",mode="user"} ${now * 0.9}`,
    `node_filesystem_avail_bytes{${disk}} 2`,
    `node_filesystem_size_bytes{${disk}} 100`,
    `node_filesystem_readonly{${disk}} 0`,
    `node_filesystem_avail_bytes{${cd}} 0`,
    `node_filesystem_size_bytes{${cd}} 100`,
    `node_filesystem_readonly{${cd}} 1`,
    `node_network_receive_bytes_total{device="eth0"} ${now * 60e6}`,
    `node_network_transmit_bytes_total{device="eth0"} ${now * 40e6}`,
    'node_network_receive_errs_total{device="eth0"} 0',
    'node_network_transmit_errs_total{device="eth0"} 0',
    'machine_memory_bytes 1000',
    'machine_cpu_cores 2',
    `temperature ${temperature}`,
    `container_memory_working_set_bytes{${checkout}} 70`,
    `container_spec_memory_limit_bytes{${checkout}} 100`,
    `container_memory_working_set_bytes{${mail}} 700`,
    `container_spec_memory_limit_bytes{${mail}} 0`,
    `container_cpu_usage_seconds_total{${checkout},cpu="cpu00"} ${now * 0.9}`,
    `container_spec_cpu_quota{${checkout}} 100000`,
    `container_spec_cpu_period{${checkout}} 100000`,
    `container_cpu_usage_seconds_total{${mail},cpu="cpu00"} ${now * 1.8}`,
    `container_fs_usage_bytes{${checkout},device="sda"} 97`,
    `container_fs_limit_bytes{${checkout},device="sda"} 100`,
    ...['receive', 'transmit'].flatMap((way) => [
      `container_network_${way}_bytes_total{${checkout},interface="eth0"} 0`,
      `container_network_${way}_errors_total{${checkout},interface="eth0"} ${now}`,
    ]),
    `container_last_seen{name="gone",image="x",id="/docker/c"} ${now - 100}`,
    `container_last_seen{${checkout}} ${now}`,
    '',
  ].join('\n');
}

type Configured = Parameters<typeof schema.parse>[0];
const off = Object.fromEntries(Object.keys(schema.shape.presets.parse({})).map((name) => [name, false]));

await describeWith<PrometheusInfo>('prometheus', 'Prometheus', ({ executable }) => {
  let prometheus: Prometheus;
  let target: Server;
  let nowMs = Date.now();

  beforeAll(async () => {
    target = createServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(exposition());
    });
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const { port } = target.address() as AddressInfo;
    prometheus = await startPrometheus(
      executable,
      [
        'global: { scrape_interval: 1s }',
        'scrape_configs:',
        `  - { job_name: machine-exporter, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }`,
        "  - { job_name: orders, static_configs: [{ targets: ['127.0.0.1:1'] }] }",
      ].join('\n'),
    );
    await written(
      { labels: { __name__: 'up', job: 'gone-job', instance: 'x:1' }, minutes: [-14] },
      // Whose cAdvisor is away: nothing is known of it.
      {
        labels: { __name__: 'container_last_seen', job: 'orders', instance: '127.0.0.1:1', name: 'blind' },
        minutes: [-3],
      },
      { labels: { __name__: 'depth', queue: 'mail' }, minutes: [-9, -8, -7, -6, -5, -4, -3, -2, -1, 0] },
      { labels: { __name__: 'depth', queue: 'gone' }, minutes: [-40, -39, -38, -37, -36, -35, -34, -33] },
    );
    // Rates are whole when they have been scraped for as long as they are taken over.
    const api = connectPrometheus({ url: prometheus.url, timeoutSeconds: 10 }, null);
    const rated = 'rate(container_cpu_usage_seconds_total[10s]) > 1.7';
    await eventually(
      'two scrapes',
      async () => (await api.instant(rated, AbortSignal.timeout(60_000))).length > 0,
    );
  });
  afterAll(async () => {
    await prometheus?.stop();
    target?.close();
  });

  /** History of this Prometheus, a hundred at each of these minutes. */
  async function written(
    ...all: readonly { readonly labels: Record<string, string>; readonly minutes: readonly number[] }[]
  ): Promise<void> {
    const body = encodeWrite(
      '1.0',
      all.map(({ labels, minutes }) => ({
        labels,
        samples: minutes.map((minute) => ({ value: 100, atMs: nowMs + minute * 60_000 })),
      })),
    );
    const answer = await fetch(`${prometheus.url}/api/v1/write`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: new Uint8Array(snapped(body)),
    });
    expect([answer.status, await answer.text()]).toEqual([204, '']);
  }

  function asked(given: Partial<Configured & object>, url = prometheus.url) {
    const configured = schema.parse({ url, windowSeconds: 10, ...given });
    const monitored = { ...configured, name: 'main', environments: ['prod', 'stage'] };
    const api = connectPrometheus(configured, null);
    const readings = createRuleReadings('prometheus', monitored, rulesOf(configured), api, () => nowMs);
    return { readings, check: () => checkRules('Prometheus', monitored, rulesOf(configured), api) };
  }
  const read = async (given: Partial<Configured & object>, environment = 'prod') => {
    nowMs = Date.now();
    return asked(given).readings.read(environment, AbortSignal.timeout(60_000));
  };
  const alerts = (seen: readonly Observation[]) =>
    seen.filter((one): one is AlertEvent => one.kind === 'alert');
  const own = (...rules: object[]) => ({ presets: off, rules }) as Partial<Configured & object>;

  test('every preset finds what it is for, about whom it happens to', async () => {
    const atOnce = Object.fromEntries(Object.keys(off).map((name) => [name, { forSeconds: 0 }]));
    const seen = await read({ presets: atOnce } as never);
    const told = alerts(seen).map(({ source, scope, severity, title }) => [
      source.replace('prometheus/main/', ''),
      scope.service,
      severity,
      title.replace(/\d+(\.\d+)? (s|ms)/, (text) => (Number.parseFloat(text) > 90 ? 'N' : text)),
    ]);
    expect(told.toSorted()).toEqual(
      [
        ['node-memory', '127.0.0.1', 'warning', 'memory is at 70 %, over 60 %'],
        [
          'node-cpu',
          '127.0.0.1',
          'warning',
          expect.stringMatching(/^CPU is at (89|90|91)(\.\d)? %, over 80 %$/),
        ],
        ['node-disk', '127.0.0.1', 'warning', '/data is 98 % full, over 95 %'],
        ['node-network', '127.0.0.1', 'warning', expect.stringMatching(/^network latency is about/)],
        ['container-memory', 'mail', 'warning', 'memory is at 70 %, over 60 %'],
        ['container-memory', 'shop-checkout', 'warning', 'memory is at 70 %, over 60 %'],
        ['container-cpu', 'mail', 'warning', expect.stringMatching(/^CPU is at/)],
        ['container-cpu', 'shop-checkout', 'warning', expect.stringMatching(/^CPU is at/)],
        ['container-disk', 'shop-checkout', 'warning', 'its disk is at 97 %, over 95 %'],
        ['container-network', 'shop-checkout', 'warning', expect.stringMatching(/^network latency is about/)],
        ['container-down', 'gone', 'critical', expect.stringMatching(/^container gone is down: last seen/)],
        ['target-down', 'orders', 'warning', 'orders at 127.0.0.1:1 cannot be scraped'],
        ['job-absent', 'gone-job', 'warning', 'no target of gone-job is there any more'],
      ].toSorted(),
    );
    const kept = seen.flatMap((one) => (one.kind === 'gauge' ? [[one.metric, one.scope.service]] : []));
    expect(kept).toContainEqual(['system.memory.utilization', '127.0.0.1']);
    expect(kept).toContainEqual(['container.memory.utilization', 'mail']);
    expect(kept).toContainEqual(['up', 'orders']);
  });

  test('with their own durations nothing fires that has only just begun', async () => {
    expect(alerts(await read({})).map(({ source }) => source)).toEqual(['prometheus/main/job-absent']);
  });

  describe('rules of one’s own', () => {
    const deep = { name: 'deep', query: 'depth', above: 50, forSeconds: 240, title: '{queue} is at {value}' };

    test('hold since before the first look, also where the series is gone by now', async () => {
      const told = alerts(await read(own({ ...deep, labels: { service: 'mailer', env: 'stage' } }), 'stage'));
      expect(told.map(({ title }) => title).toSorted()).toEqual(['gone is at 100', 'mail is at 100']);
      const mail = told.find(({ title }) => title.startsWith('mail'));
      expect(mail).toMatchObject({ severity: 'warning', scope: { environment: 'stage', service: 'mailer' } });
      expect((nowMs - (mail?.atMs ?? 0)) / 60_000).toBeGreaterThan(7);
    });

    test('an instance that starts anew tells the same alerts', async () => {
      const ids = async () =>
        alerts(await read(own(deep)))
          .map(({ id }) => id)
          .toSorted();
      const first = await ids();
      expect(first).toHaveLength(2);
      expect(await ids()).toEqual(first);
    });

    test('below, without a limit, and about nothing being there', async () => {
      const labels = { service: 'checkout' };
      const told = alerts(
        await read(
          own(
            { name: 'low', query: 'depth{queue="mail"}', below: 200, forSeconds: 0, labels },
            { name: 'any', query: 'depth{queue="mail"} > 99', forSeconds: 0, severity: 'critical', labels },
            { name: 'none', query: 'orders_total', absent: true, forSeconds: 300, labels },
            { name: 'fine', query: 'depth{queue="mail"}', above: 200, forSeconds: 0 },
            { name: 'there', query: 'depth', absent: true, forSeconds: 0 },
          ),
        ),
      );
      expect(told.map(({ source, title }) => [source, title])).toEqual([
        ['prometheus/main/low', 'low: 100'],
        ['prometheus/main/any', 'any: 100'],
        ['prometheus/main/none', 'none: there is none'],
      ]);
    });

    test('a metric keeps the values as telemetry, once for each answer', async () => {
      nowMs = Date.now();
      const { readings } = asked(own({ name: 'kept', query: 'depth', metric: 'queue.depth', above: 500 }));
      const once = await readings.read('prod', AbortSignal.timeout(60_000));
      expect(once).toMatchObject([
        { kind: 'gauge', metric: 'queue.depth', value: 100, attributes: { queue: 'mail' }, atMs: nowMs },
      ]);
      expect(await readings.read('prod', AbortSignal.timeout(60_000))).toEqual([]);
    });

    test('one that is refused keeps no other from being asked, and leaves its alerts as they are', async () => {
      nowMs = Date.now();
      const { readings, check } = asked(own({ name: 'broken', query: 'sum(' }, { ...deep, forSeconds: 0 }));
      expect(alerts(await readings.read('prod', AbortSignal.timeout(60_000)))).not.toEqual([]);
      expect((readings.alertsFrom as () => readonly string[])()).toEqual(['prometheus/main/deep']);
      expect(readings.problem?.()).toMatch(/^rule broken: .*parse error/);
      expect(await check()).toMatchObject({
        status: 'warning',
        detail: expect.stringMatching(/^refuses rule broken: .*parse error/),
      });
    });

    test('what is said of an environment that is not configured is left out, and told', async () => {
      nowMs = Date.now();
      const { readings } = asked(own({ ...deep, forSeconds: 0, labels: { env: 'elsewhere' } }));
      expect(await readings.read('prod', AbortSignal.timeout(60_000))).toEqual([]);
      expect(readings.problem?.()).toContain('elsewhere');
    });
  });

  test('an alert is told once, outlives a process, and ends when its condition no longer holds', async () => {
    const put: InboxItem[] = [];
    let offsetMs = 0;
    const clock = { nowMs: () => Date.now() + offsetMs };
    const given = own({ name: 'hot', query: 'temperature', above: 50, forSeconds: 0, title: 'hot: {value}' });
    const process = (known: readonly FiringAlert[]) => {
      const configured = schema.parse({ url: prometheus.url, ...given });
      const monitored = { ...configured, name: 'main', environments: ['prod'] };
      const api = connectPrometheus(configured, null);
      const readings = createRuleReadings('prometheus', monitored, rulesOf(configured), api, clock.nowMs);
      return watch([{ ...readings, name: 'prometheus/main', environments: ['prod'] }], {
        take: async () => ({ kind: 'stored' }),
        inbox: { put: async (items) => put.push(...items) },
        firing: { firing: async () => known },
        looks: { looked: async () => {} },
        positions: { last: async () => null, keep: async () => {} },
        ...{ wake: () => {}, limits: defaultLimits, everyMs: 1_000, clock, log: silentLog },
        metrics: new MemoryMetrics(),
      });
    };
    const told = () =>
      put.map((item) => (item.kind === 'anomaly' ? [item.anomaly.state, item.anomaly.title] : []));

    const first = process([]);
    first.start();
    await expect.poll(told).toEqual([['firing', 'hot: 80']]);
    await first.stop();

    const [stored] = put;
    if (stored?.kind !== 'anomaly') throw new Error('no alert');
    const second = process([{ key: stored.report?.key ?? '', anomaly: stored.anomaly }]);
    second.start();
    temperature = 20;
    // As time passes: a rule is asked for again, and an alert that is away for a minute is over.
    const later = setInterval(() => {
      offsetMs += 20_000;
    }, 500);
    await expect.poll(told).toEqual([
      ['firing', 'hot: 80'],
      ['cleared', 'hot: 80'],
    ]);
    clearInterval(later);
    await second.stop();
  });

  test('asked about an incident it shows the courses of the rules of its services', async () => {
    const given = schema.parse({
      url: prometheus.url,
      ...own(
        { name: 'deep', query: 'depth', above: 50, labels: { service: 'mailer' } },
        { name: 'hot', query: 'temperature', above: 50 },
      ),
    });
    const api = connectPrometheus(given, null);
    const atMs = Date.now();
    const question = { environment: 'prod', onsetMs: atMs, fromMs: atMs - 600_000, toMs: atMs };
    const look = (services: readonly string[]) =>
      lookByRules(
        { ...given, environments: ['prod'] },
        rulesOf(given),
        api,
        { ...question, services },
        AbortSignal.timeout(60_000),
      );
    const { series, problem } = await look(['mailer']);
    expect(series.map(({ name, service }) => `${name} of ${service}`)).toEqual(['deep of mailer']);
    expect(series[0]?.points.at(-1)).toMatchObject({ value: 100 });
    expect(problem).toBeNull();
    expect((await look(['nobody'])).series).toEqual([]);
  });

  test('a Prometheus that is away is known to say nothing, and is asked again at once', async () => {
    const given = own({ name: 'deep', query: 'depth', above: 50, forSeconds: 0 });
    const { readings, check } = asked(given, 'http://127.0.0.1:1');
    const ask = () => readings.read('prod', AbortSignal.timeout(60_000));
    await expect(ask()).rejects.toThrow(NotAnswered);
    await expect(ask()).rejects.toThrow('127.0.0.1:1 cannot be reached (ECONNREFUSED)');
    expect((readings.alertsFrom as () => readonly string[])()).toEqual([]);
    expect(await check()).toMatchObject({ name: 'Prometheus main', status: 'warning' });
  });

  test('doctor says what answers, and which presets have nothing to look at', async () => {
    const finding = await asked({ match: 'job="orders"' }).check();
    expect(finding).toMatchObject({ status: 'ok', detail: expect.stringContaining('11 rules') });
    expect(finding.detail).toMatch(/nothing to look at for node-memory, .*container-down/);
    expect(finding.detail).not.toContain('target-down');
  });
});
