// What a write request says, as metric points.

import { describe, expect, test } from 'vitest';
import type { MetricPoint } from '../../../../domain/observation.ts';
import { defaultLimits, type IngestLimits } from '../../../../ingest/limits.ts';
import {
  createWriteMemory,
  type DecodedWrite,
  decodeWrite,
} from '../../../../ingest/sources/prometheus-remote-write/decode.ts';
import { defaultSettings } from '../../support/memory.ts';
import { nowMs } from '../../support/otlp.ts';
import {
  counterType,
  encoded,
  encodeWrite,
  ends,
  gaugeType,
  histogramType,
  series,
  summaryType,
  type TestSeries,
  type Version,
  versions,
} from '../../support/remote-write.ts';

const settings = defaultSettings.prometheusRemoteWrite;

/** One sender's requests, one after the other. */
function writer(version: Version, limits: Partial<IngestLimits> = {}, own = settings) {
  const memory = createWriteMemory(own);
  return (all: readonly TestSeries[], metadata: Record<string, unknown>[] = []): DecodedWrite =>
    decodeWrite(version, encodeWrite(version, all, metadata), {
      limits: { ...defaultLimits, ...limits },
      defaultEnvironment: 'default-env',
      nowMs,
      settings: own,
      memory,
    });
}
const write = (version: Version, ...all: readonly TestSeries[]) => writer(version)(all);
const notes = ({ tally }: DecodedWrite) => Object.fromEntries(tally.notes);
const reasons = ({ tally }: DecodedWrite) => Object.fromEntries(tally.reasons);

describe.each(versions)('version %s', (version) => {
  test('a value, with the labels that tell it apart, about the service of its job', () => {
    const decoded = write(version, series('queue_bytes', { queue: 'mail', env: 'prod' }, 7));
    expect(decoded.observations).toEqual([
      {
        kind: 'gauge',
        scope: { environment: 'prod', service: 'orders', resourceId: 'orders-1:80' },
        metric: 'queue_bytes',
        unit: 'By',
        attributes: { queue: 'mail' },
        atMs: nowMs,
        value: 7,
      },
    ]);
    expect(decoded.received).toEqual({ samples: 1, histograms: 0, exemplars: 0 });
  });

  test('by its name a series counts or is a level', () => {
    const { observations } = write(
      version,
      series('requests_total', {}, 5),
      series('rpc_sum', {}, 5),
      series('rpc_count', {}, 5),
      series('temperature', {}, 5),
    );
    expect(observations.map(({ kind }) => kind)).toEqual(['counter', 'counter', 'counter', 'gauge']);
    expect(observations[0]).toMatchObject({ temporality: 'cumulative', startMs: 0, value: 5 });
  });

  test('zero is a value; the end of a series is none, nor is what is no number', () => {
    const decoded = write(
      version,
      series('a', {}, 0),
      series('b', {}, ends),
      series('c', {}, Number.NaN),
      series('d', {}, Number.POSITIVE_INFINITY),
    );
    expect(decoded.observations).toMatchObject([{ metric: 'a', value: 0 }]);
    expect(notes(decoded)).toMatchObject({ 'series-ended': 1, 'no-number': 2 });
    expect(decoded.tally.rejected).toBe(0);
  });

  test('a classic histogram is one point', () => {
    const bucket = (le: string, value: number) => series('lag_seconds_bucket', { le, queue: 'mail' }, value);
    const decoded = write(
      version,
      bucket('0.1', 2),
      bucket('1', 5),
      bucket('+Inf', 6),
      series('lag_seconds_sum', { queue: 'mail' }, 9.5),
      series('lag_seconds_count', { queue: 'mail' }, 6),
    );
    expect(decoded.observations).toEqual([
      {
        kind: 'histogram',
        scope: { environment: 'default-env', service: 'orders', resourceId: 'orders-1:80' },
        metric: 'lag_seconds',
        unit: 's',
        attributes: { queue: 'mail' },
        ...{ atMs: nowMs, startMs: 0, temporality: 'cumulative' },
        ...{ count: 6, sum: 9.5, bounds: [0.1, 1], bucketCounts: [2, 3, 1] },
      },
    ]);
    expect(decoded.received.samples).toBe(5);
  });

  test('several instants of one series stay apart, also those that come late', () => {
    const at = (value: number, secondsAgo: number) => ({ value, atMs: nowMs - secondsAgo * 1000 });
    const { observations } = write(version, series('a', {}, at(3, 0), at(1, 60), at(2, 30)));
    expect(observations).toMatchObject([
      { atMs: nowMs, value: 3 },
      { atMs: nowMs - 60_000, value: 1 },
      { atMs: nowMs - 30_000, value: 2 },
    ]);
  });

  test('what is too old, in the future or without an instant is refused, and nothing else with it', () => {
    const at = (atMs: number) => ({ value: 1, atMs });
    const decoded = write(
      version,
      series('a', {}, at(nowMs - 2 * 3_600_000), at(nowMs + 3_600_000), at(0), 4),
    );
    expect(decoded.observations).toMatchObject([{ value: 4 }]);
    expect(reasons(decoded)).toEqual({ 'too-old': 1, 'in-future': 1, 'no-timestamp': 1 });
  });

  test('a series without name is refused; exemplars are counted', () => {
    const decoded = write(
      version,
      { labels: { job: 'orders' }, samples: [1, 2] },
      { ...series('a', {}, 1), exemplars: 3 },
    );
    expect(reasons(decoded)).toEqual({ 'no-name': 2 });
    expect(notes(decoded)).toMatchObject({ exemplars: 3 });
    expect(decoded.received.exemplars).toBe(3);
  });

  test("Prometheus' own alerts, and when a counter was made, are no telemetry", () => {
    const decoded = write(
      version,
      series('ALERTS', { alertname: 'Down' }, 1),
      series('ALERTS_FOR_STATE', { alertname: 'Down' }, 1),
      series('requests_created', {}, 1.7e9),
    );
    expect(decoded.observations).toEqual([]);
    expect(notes(decoded)).toMatchObject({ 'alerts-series': 2, 'created-series': 1 });
  });

  test('whom a series is about is told as for an alert: the exporter is not it', () => {
    const of = (labels: Record<string, string>): MetricPoint['scope'] | undefined =>
      (write(version, { labels: { __name__: 'x', ...labels }, samples: [1] }).observations[0] as MetricPoint)
        ?.scope;
    expect(of({ job: 'node-exporter', instance: '10.0.0.5:9100' })).toMatchObject({ service: '10.0.0.5' });
    expect(
      of({ job: 'kubelet', instance: '10.0.0.5:10250', namespace: 'shop', pod: 'cart-6d5f8c9b7d-x2x4z' }),
    ).toMatchObject({ service: 'cart', resourceId: 'cart-6d5f8c9b7d-x2x4z' });
    const container = {
      job: 'cadvisor',
      instance: 'cadvisor:8080',
      image: 'x',
      id: '/docker/a',
      name: 'shop-cart-1',
    };
    expect(of(container)).toMatchObject({ service: 'shop-cart', resourceId: 'shop-cart-1' });
    expect(of({ ...container, container_label_com_docker_compose_service: 'cart' })).toMatchObject({
      service: 'cart',
    });
    expect(of({ namespace: 'shop' })).toMatchObject({ service: 'shop' });
    expect(of({ cluster: 'a' })).toMatchObject({ service: 'unknown_service' });
  });

  test('what no label names is noted, and what a pod can be found by is told', () => {
    const decoded = write(
      version,
      { labels: { __name__: 'x' }, samples: [1] },
      series('y', { namespace: 'shop', pod: 'orders-0', env: 'prod' }, 1),
    );
    expect(notes(decoded)).toMatchObject({ 'unknown-service': 1, 'default-environment': 1 });
    expect(decoded.resources).toEqual([
      {
        ...{ environment: 'prod', service: 'orders', resourceId: 'orders-1:80' },
        attributes: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'orders-0' },
      },
    ]);
  });

  test('replicas of one Prometheus write one series', () => {
    const { observations } = write(
      version,
      series('x', { prometheus_replica: 'a' }, 1),
      series('x', { prometheus_replica: 'b' }, 1),
    );
    expect(observations[0]).toEqual(observations[1]);
  });

  test('labels are bounded, clean and without secrets', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`l${index}`, 'v']));
    const decoded = write(
      version,
      series('x', { password: 'hunter2hunter2', note: 'a\u202eb\n', ['__proto__']: 'x', ...many }, 1),
    );
    const { attributes } = decoded.observations[0] as MetricPoint;
    expect(Object.keys(attributes)).toHaveLength(defaultLimits.maxAttributes);
    expect(attributes.note).toBe('a b');
    expect(JSON.stringify(attributes)).not.toContain('hunter2');
    expect(notes(decoded)['attributes-cut']).toBeGreaterThan(9);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test('metrics of the usual exporters go by the names that detection judges', () => {
    const { observations } = write(
      version,
      series('container_memory_working_set_bytes', { pod: 'cart-0' }, 5),
      series('container_spec_memory_limit_bytes', { pod: 'cart-0' }, 10),
      series('container_spec_memory_limit_bytes', { pod: 'mail-0' }, 0),
      series('kube_pod_container_status_restarts_total', { pod: 'cart-0' }, 3),
      series('http_request_duration_seconds_bucket', { le: '+Inf', code: '503' }, 3),
    );
    expect(observations).toMatchObject([
      { kind: 'gauge', metric: 'container.memory.working_set', unit: 'By' },
      { metric: 'container.memory.limit', value: 10 },
      { kind: 'gauge', metric: 'k8s.container.restarts', value: 3 },
      {
        kind: 'histogram',
        metric: 'http.server.request.duration',
        unit: 's',
        attributes: { 'http.response.status_code': '503' },
      },
    ]);
    const own = { ...settings, names: { lag: 'container.memory.usage' } };
    expect(writer(version, {}, own)([series('lag', {}, 1)]).observations).toMatchObject([
      { metric: 'container.memory.usage' },
    ]);
  });
});

describe('types', () => {
  const all = [
    { ...series('jobs_count', {}, 5), type: gaugeType },
    { ...series('jobs', {}, 5), type: counterType },
    { ...series('size', { quantile: '0.9' }, 5), type: summaryType },
    { ...series('size_count', {}, 5), type: summaryType },
    { ...series('build_info', {}, 1), type: 6 },
    { ...series('waits_bucket', { le: '1' }, 5), type: 4 },
  ];
  const kinds = ['gauge', 'counter', 'gauge', 'counter', 'gauge'];

  test('version 2.0 tells them with each series', () => {
    const decoded = write('2.0', ...all);
    expect(decoded.observations.map(({ kind }) => kind)).toEqual(kinds);
    expect(notes(decoded)).toMatchObject({ 'gauge-histogram': 1 });
  });

  test('version 1.0 tells them now and then, and what it said is remembered', () => {
    const send = writer('1.0');
    const families = { jobs_count: 2, jobs: 1, size: 5, build_info: 6, waits: 4 };
    const told = send(
      [],
      Object.entries(families).map(([metricFamilyName, type]) => ({ metricFamilyName, type })),
    );
    expect(notes(told)).toMatchObject({ metadata: 5 });
    expect(send(all).observations.map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each(versions)('in labels, which Prometheus can be told to do: version %s', (version) => {
    const typed = series('jobs', { __type__: 'counter', __unit__: 'jobs' }, 5);
    expect(write(version, typed).observations).toMatchObject([
      { kind: 'counter', unit: 'jobs', attributes: {} },
    ]);
  });

  test('a start that version 2.0 tells is the start of the counter', () => {
    const started = nowMs - 60_000;
    const sample = { value: 5, atMs: nowMs, startMs: started };
    const { observations } = write('2.0', { ...series('jobs', {}, sample), type: counterType });
    expect(observations).toMatchObject([{ kind: 'counter', startMs: started }]);
  });

  test('symbols that are not there are the fault of one series', () => {
    const samples = [{ value: 1, timestamp: nowMs }];
    const body = encoded('RequestV2', {
      symbols: ['', '__name__', 'fine'],
      timeseries: [[1, 2], [1, 9], [1]].map((labelsRefs) => ({ labelsRefs, samples })),
    });
    const memory = createWriteMemory(settings);
    const context = { limits: defaultLimits, defaultEnvironment: 'default-env', nowMs, settings, memory };
    const decoded = decodeWrite('2.0', body, context);
    expect(decoded.observations).toMatchObject([{ metric: 'fine' }]);
    expect(reasons(decoded)).toEqual({ malformed: 2 });
  });
});

describe('native histograms', () => {
  const native = (fields: Record<string, unknown>): TestSeries => ({
    labels: { __name__: 'lag_seconds', job: 'orders', instance: 'orders-1:80' },
    type: histogramType,
    histograms: [{ timestamp: nowMs, sum: 4, ...fields }],
  });
  const spans = (...pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([offset, length]) => ({ offset, length }));

  test.each(versions)('of whole numbers and of fractions are the same histogram: version %s', (version) => {
    const shape = { schema: 0, zeroThreshold: 0.001, positiveSpans: spans([1, 2], [1, 1]) };
    const whole = native({ ...shape, countInt: 9, zeroCountInt: 1, positiveDeltas: [3, 1, -3] });
    const parts = native({ ...shape, countFloat: 9, zeroCountFloat: 1, positiveCounts: [3, 4, 1] });
    const expected = {
      kind: 'histogram',
      metric: 'lag_seconds',
      count: 9,
      sum: 4,
      bounds: [0.001, 1, 2, 4, 8, 16],
      bucketCounts: [1, 0, 3, 4, 0, 1, 0],
    };
    for (const one of [whole, parts]) expect(write(version, one).observations).toMatchObject([expected]);
    expect(write(version, whole).received).toEqual({ samples: 0, histograms: 1, exemplars: 0 });
  });

  test('below zero the greatest comes first', () => {
    const shape = { schema: 0, negativeSpans: spans([0, 2]), negativeDeltas: [1, 1], zeroCountInt: 1 };
    expect(write('2.0', native(shape)).observations).toMatchObject([
      { bounds: [-2, -1, -0.5, 0], bucketCounts: [0, 2, 1, 1, 0] },
    ]);
  });

  test('with bounds of their own', () => {
    const shape = {
      schema: -53,
      customValues: [1, 5],
      positiveSpans: spans([0, 3]),
      positiveDeltas: [2, 0, 1],
    };
    expect(write('2.0', native(shape)).observations).toMatchObject([
      { bounds: [1, 5], bucketCounts: [2, 2, 3], count: 7 },
    ]);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a schema that nobody knows', { schema: 9 }],
    ['spans without their counts', { positiveSpans: spans([0, 4_000_000_000]), positiveDeltas: [1] }],
    ['fewer than none in a bucket', { positiveSpans: spans([0, 2]), positiveDeltas: [1, -2] }],
    ['more buckets than are taken', { positiveSpans: spans([0, 600]), positiveDeltas: Array(600).fill(0) }],
  ])('%s is refused', (_what, fields) => {
    const decoded = write('2.0', native(fields));
    expect(decoded.observations).toEqual([]);
    expect(reasons(decoded)).toEqual({ 'bad-histogram': 1 });
    expect(decoded.rejectedHistograms).toBe(1);
  });

  test('a gauge of a histogram and the end of one are no histogram', () => {
    const decoded = write('2.0', native({ resetHint: 3 }), native({ sum: ends }));
    expect(decoded.observations).toEqual([]);
    expect(notes(decoded)).toMatchObject({ 'gauge-histogram': 1, 'series-ended': 1 });
  });
});
