import { describe, expect, test } from 'vitest';
import type { OtlpEncoding } from '../../../ingest/otlp/decode.ts';
import { attribute, decode, gauge, type Json, metricsRequest, nano, nowMs } from '../support/otlp.ts';

const startMs = nowMs - 60_000;
const times = { startTimeUnixNano: nano(startMs), timeUnixNano: nano(nowMs) };
const scope = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };
const monotonic = { isMonotonic: true, aggregationTemporality: 1 };
const point = (data: Json, name = 'm') => metricsRequest([{ name, unit: 's', ...data }]);

describe.each<OtlpEncoding>(['json', 'protobuf'])('metrics as %s', (encoding) => {
  const only = (request: Json) => {
    const { observations, tally } = decode('metrics', request, encoding);
    expect(tally.rejected).toBe(0);
    expect(observations).toHaveLength(1);
    return observations[0];
  };

  test('a gauge keeps name, unit, attributes, time and value', () => {
    const request = metricsRequest([
      gauge('pool.used', { asDouble: 7.5, attributes: [attribute('pool', 'main')] }),
    ]);
    expect(only(request)).toEqual({
      kind: 'gauge',
      scope,
      metric: 'pool.used',
      unit: '1',
      attributes: { pool: 'main' },
      atMs: nowMs,
      value: 7.5,
    });
  });

  test('a monotonic sum is a counter, with its temporality and the start of its process', () => {
    const dataPoints = [{ ...times, asInt: '12345678901' }];
    expect(only(point({ sum: { dataPoints, isMonotonic: true, aggregationTemporality: 2 } }))).toMatchObject({
      kind: 'counter',
      temporality: 'cumulative',
      startMs,
      value: 12_345_678_901,
    });
    expect(only(point({ sum: { dataPoints, isMonotonic: true, aggregationTemporality: 1 } }))).toMatchObject({
      temporality: 'delta',
    });
  });

  test('a sum that can fall is a gauge', () => {
    const dataPoints = [{ ...times, asInt: '-3' }];
    expect(only(point({ sum: { dataPoints, isMonotonic: false, aggregationTemporality: 2 } }))).toMatchObject(
      {
        kind: 'gauge',
        value: -3,
      },
    );
  });

  test('a sum that can fall, told by its changes, says that its value is one', () => {
    const dataPoints = [{ ...times, asInt: '-3' }];
    expect(only(point({ sum: { dataPoints, isMonotonic: false, aggregationTemporality: 1 } }))).toMatchObject(
      { kind: 'gauge', value: -3, isChange: true },
    );
  });

  test('a histogram keeps bounds and counts', () => {
    const data = {
      ...times,
      count: '6',
      sum: 1.5,
      bucketCounts: ['1', '2', '3'],
      explicitBounds: [0.1, 0.5],
    };
    expect(only(point({ histogram: { dataPoints: [data], aggregationTemporality: 1 } }))).toMatchObject({
      kind: 'histogram',
      temporality: 'delta',
      count: 6,
      sum: 1.5,
      bounds: [0.1, 0.5],
      bucketCounts: [1, 2, 3],
    });
  });

  test('a histogram without buckets is one overflow bucket', () => {
    const data = { ...times, count: '6', sum: 1.5 };
    expect(only(point({ histogram: { dataPoints: [data], aggregationTemporality: 1 } }))).toMatchObject({
      bounds: [],
      bucketCounts: [6],
    });
  });

  test('a summary becomes one gauge per quantile, and a counter', () => {
    const quantileValues = [
      { quantile: 0.5, value: 10 },
      { quantile: 0.99, value: 90 },
    ];
    const request = point({ summary: { dataPoints: [{ ...times, count: '4', sum: 5, quantileValues }] } });
    const { observations } = decode('metrics', request, encoding);
    expect(observations).toMatchObject([
      { kind: 'gauge', attributes: { quantile: '0.5' }, value: 10 },
      { kind: 'gauge', attributes: { quantile: '0.99' }, value: 90 },
      { kind: 'counter', metric: 'm.count', attributes: {}, temporality: 'cumulative', value: 4 },
    ]);
  });

  test('a summary without quantiles, or with empty ones, is still counted', () => {
    const quantileValues = [{ quantile: 0.5, value: 'NaN' }];
    const summary = {
      dataPoints: [
        { ...times, count: '4' },
        { ...times, count: '5', quantileValues },
      ],
    };
    const { observations, tally } = decode('metrics', point({ summary }), encoding);
    expect(observations).toMatchObject([
      { metric: 'm.count', value: 4 },
      { metric: 'm.count', value: 5 },
    ]);
    expect(tally.rejected).toBe(0);
  });

  test('bounds at infinity are the edges that there are anyway', () => {
    const read = (explicitBounds: readonly (number | string)[], bucketCounts: readonly string[]) =>
      only(metricsRequest([histogram({ count: '6', bucketCounts, explicitBounds })]));
    const plain = { bounds: [1, 2], bucketCounts: [1, 2, 3] };
    expect(read([1, 2, 'Infinity'], ['1', '2', '3'])).toMatchObject(plain);
    expect(read([1, 2, 'Infinity'], ['1', '2', '3', '0'])).toMatchObject(plain);
    expect(read(['-Infinity', 1, 2], ['0', '1', '2', '3'])).toMatchObject(plain);
  });

  test('a sum that is not a number leaves the counts standing', () => {
    const { observations, tally } = decode(
      'metrics',
      metricsRequest([histogram({ count: '1', bucketCounts: ['1', '0'], explicitBounds: [1], sum: 'NaN' })]),
      encoding,
    );
    expect(observations).toMatchObject([{ count: 1, sum: 0 }]);
    expect(Object.fromEntries(tally.notes)).toEqual({ 'sum-ignored': 1 });
  });

  test('counts past 2^53 need not add up to the last digit', () => {
    const bucketCounts = ['9007199254740993', '9007199254740993'];
    expect(
      only(metricsRequest([histogram({ count: '18014398509481986', bucketCounts, explicitBounds: [1] })])),
    ).toMatchObject({ kind: 'histogram', bounds: [1] });
  });

  test.each<[string, Json]>([
    ['not-finite', gauge('m', { asDouble: 'NaN' })],
    ['not-finite', gauge('m', { asDouble: 'Infinity' })],
    ['no-value', gauge('m', {})],
    ['no-name', gauge('', { asDouble: 1 })],
    ['no-timestamp', gauge('m', { asDouble: 1, timeUnixNano: '0' })],
    ['in-future', gauge('m', { asDouble: 1, timeUnixNano: nano(nowMs + 11 * 60_000) })],
    ['too-old', gauge('m', { asDouble: 1, timeUnixNano: nano(nowMs - 61 * 60_000) })],
    ['bad-value', { name: 'm', sum: { ...monotonic, dataPoints: [{ ...times, asInt: '-1' }] } }],
    ['bad-temporality', { name: 'm', sum: { isMonotonic: true, dataPoints: [{ ...times, asInt: '1' }] } }],
    ['bad-histogram', histogram({ count: '3', bucketCounts: ['1', '2'], explicitBounds: [1, 2] })],
    ['bad-histogram', histogram({ count: '4', bucketCounts: ['1', '2'], explicitBounds: [1] })],
    ['bad-histogram', histogram({ count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [2, 1] })],
    ['bad-histogram', histogram({ count: '3', bucketCounts: ['1', '1', '1'], explicitBounds: [1, 'NaN'] })],
    ['unknown-kind', { name: 'm', unit: '1' }],
  ])('rejects one point as %s, and takes its neighbour', (reason, metric) => {
    const { observations, tally } = decode(
      'metrics',
      metricsRequest([metric, gauge('good', { asDouble: 1 })]),
      encoding,
    );
    expect(observations).toMatchObject([{ metric: 'good' }]);
    expect([...tally.reasons]).toEqual([[reason, 1]]);
    expect(tally.message()).toContain(reason);
  });

  test.each(['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'])(
    'a point of a %s that says "no recorded value" is passed over, not rejected, whatever else is in it',
    (kind) => {
      const data = { dataPoints: [{ ...times, flags: 1 }], ...(kind === 'sum' ? monotonic : {}) };
      const { observations, tally } = decode('metrics', point({ [kind]: data }), encoding);
      expect(observations).toEqual([]);
      expect(tally.rejected).toBe(0);
      expect(Object.fromEntries(tally.notes)).toEqual({ 'no-data-flag': 1 });
    },
  );

  test('ten thousand label sets are ten thousand points', () => {
    const dataPoints = Array.from({ length: 10_000 }, (_, index) => ({
      ...times,
      asInt: String(index),
      attributes: [attribute('user', `u${index}`)],
    }));
    const { observations, tally } = decode('metrics', point({ gauge: { dataPoints } }), encoding);
    expect(observations).toHaveLength(10_000);
    expect(tally.rejected).toBe(0);
  });
});

function histogram(data: Json): Json {
  return { name: 'm', histogram: { aggregationTemporality: 2, dataPoints: [{ ...times, ...data }] } };
}
