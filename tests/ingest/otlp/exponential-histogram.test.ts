// Base-2 exponential histograms, with the numbers of the specification: opentelemetry.io/docs/specs/otel/metrics/data-model,
// "ExponentialHistogram" (scales and their bases, zero bucket, buckets on both sides).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { histogramQuantile } from '../../../domain/detection/aggregate/histograms.ts';
import type { HistogramPoint } from '../../../domain/observation.ts';
import type { OtlpEncoding } from '../../../ingest/otlp/decode.ts';
import { decode, type Json, metricsRequest, nano, nowMs } from '../support/otlp.ts';

const times = { startTimeUnixNano: nano(nowMs - 60_000), timeUnixNano: nano(nowMs) };

function read(data: Json, encoding: OtlpEncoding = 'json') {
  const exponentialHistogram = { aggregationTemporality: 2, dataPoints: [{ ...times, ...data }] };
  const request = metricsRequest([{ name: 'm', unit: 's', exponentialHistogram }]);
  const { observations, tally } = decode('metrics', request, encoding);
  return { point: (observations[0] as HistogramPoint | undefined) ?? null, reasons: [...tally.reasons] };
}
const taken = (data: Json, encoding?: OtlpEncoding): HistogramPoint => {
  const { point, reasons } = read(data, encoding);
  expect(reasons).toEqual([]);
  return point as HistogramPoint;
};

describe.each<OtlpEncoding>(['json', 'protobuf'])('as %s', (encoding) => {
  test('both sides and zero: each bucket where it is', () => {
    const point = taken(
      {
        count: '10',
        sum: 30,
        scale: 0,
        zeroCount: '1',
        positive: { offset: 1, bucketCounts: ['2', '3'] },
        negative: { offset: 0, bucketCounts: ['4'] },
      },
      encoding,
    );
    expect(point).toMatchObject({ kind: 'histogram', temporality: 'cumulative', count: 10, sum: 30 });
    // 4 values in [-2, -1), zeros, 2 in (2, 4], 3 in (4, 8]
    expect(point.bounds).toEqual([-2, -1, -Number.MIN_VALUE, 0, 2, 4, 8]);
    expect(point.bucketCounts).toEqual([0, 4, 0, 1, 0, 2, 3, 0]);
  });

  test('a negative offset: values below one', () => {
    const positive = { offset: -3, bucketCounts: ['1', '0', '2'] };
    expect(taken({ count: '3', scale: 0, positive }, encoding)).toMatchObject({
      // (1/8, 1/4], (1/4, 1/2], (1/2, 1]
      bounds: [0, 0.125, 0.25, 0.5, 1],
      bucketCounts: [0, 0, 1, 0, 2, 0],
    });
  });
});

test.each([
  [10, 1.000_68],
  [9, 1.001_35],
  [8, 1.002_71],
  [7, 1.005_43],
  [6, 1.010_89],
  [5, 1.021_9],
  [4, 1.044_27],
  [3, 1.090_51],
  [2, 1.189_21],
  [1, Math.SQRT2],
  [0, 2],
  [-1, 4],
  [-2, 16],
  [-3, 256],
  [-4, 65_536],
])('scale %i has the base %f', (scale, base) => {
  const { bounds } = taken({ count: '1', scale, positive: { offset: 0, bucketCounts: ['1'] } });
  expect(bounds.slice(0, 2)).toEqual([0, 1]);
  expect(bounds[2]).toBeCloseTo(base, 5);
});

test('any value lies in the bucket that the mapping of the specification gives it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -4, max: 20 }),
      fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
      (scale, value) => {
        // Buckets are upper-inclusive; the logarithm is exact enough but at the bounds themselves.
        const offset = Math.ceil(Math.log2(value) * 2 ** scale) - 1;
        const { bounds, bucketCounts } = taken({
          count: '1',
          scale,
          positive: { offset, bucketCounts: ['1'] },
        });
        const at = bucketCounts.indexOf(1);
        expect(bounds[at - 1]).toBeLessThanOrEqual(value * (1 + 1e-9));
        expect(bounds[at]).toBeGreaterThanOrEqual(value * (1 - 1e-9));
      },
    ),
  );
});

describe('the zero bucket', () => {
  test('is as wide as the threshold says', () => {
    const positive = { offset: 0, bucketCounts: ['1'] };
    const negative = { offset: 0, bucketCounts: ['1'] };
    const data = { count: '5', scale: 0, zeroCount: '3', zeroThreshold: 0.25 };
    expect(taken({ ...data, count: '4', positive })).toMatchObject({
      bounds: [0.25, 1, 2],
      bucketCounts: [3, 0, 1, 0],
    });
    expect(taken({ ...data, positive, negative })).toMatchObject({
      bounds: [-2, -1, -0.25, 0.25, 1, 2],
      bucketCounts: [0, 1, 0, 3, 0, 1, 0],
    });
  });

  test('is alone when nothing else was recorded', () => {
    const point = taken({ count: '7', scale: 20, zeroCount: '7' });
    expect(point).toMatchObject({ bounds: [0], bucketCounts: [7, 0] });
    expect(histogramQuantile(0.5, point)).toBe(0);
  });

  test('takes the buckets that it covers', () => {
    const positive = { offset: 0, bucketCounts: ['1', '2'] };
    expect(taken({ count: '3', scale: 0, zeroThreshold: 2, positive })).toMatchObject({
      bounds: [2, 4],
      bucketCounts: [1, 2, 0],
    });
  });
});

describe('at the ends of what a number of 64 bits holds', () => {
  test('the last bucket ends beyond it: it is the overflow bucket', () => {
    const positive = { offset: 1022, bucketCounts: ['1', '2'] };
    expect(taken({ count: '3', scale: 0, positive })).toMatchObject({
      bounds: [0, 2 ** 1022, 2 ** 1023],
      bucketCounts: [0, 0, 1, 2],
    });
  });

  test('the coarsest scale has two buckets, below one and above', () => {
    const positive = { offset: -1, bucketCounts: ['4', '5'] };
    expect(taken({ count: '9', scale: -10, positive })).toMatchObject({
      bounds: [0, 2 ** -1024, 1],
      bucketCounts: [0, 0, 4, 5],
    });
  });

  test('buckets below the smallest number are where zero is', () => {
    const positive = { offset: -1076, bucketCounts: ['1', '1', '1'] };
    expect(taken({ count: '3', scale: 0, positive })).toMatchObject({
      bounds: [0, 2 ** -1074, 2 ** -1073],
      bucketCounts: [1, 1, 1, 0],
    });
  });

  test('and on the negative side', () => {
    const negative = { offset: 1023, bucketCounts: ['2'] };
    expect(taken({ count: '2', scale: 0, negative })).toMatchObject({ bucketCounts: [2, 0, 0, 0] });
  });
});

test.each<[string, Json]>([
  ['values that no number holds', { count: '1', scale: 0, positive: { offset: 2_000, bucketCounts: ['1'] } }],
  [
    'a count that the buckets do not add up to',
    { count: '2', scale: 0, positive: { offset: 0, bucketCounts: ['1'] } },
  ],
  ['a scale that is none', { count: '1', scale: -2_000, positive: { offset: 0, bucketCounts: ['1'] } }],
  ['a threshold below zero', { count: '1', scale: 0, zeroCount: '1', zeroThreshold: -1 }],
  [
    'more buckets than are accepted',
    { count: '0', scale: 0, positive: { offset: 0, bucketCounts: new Array(600).fill('0') } },
  ],
])('%s: rejected', (_what, data) => {
  expect(read(data)).toEqual({ point: null, reasons: [['bad-histogram', 1]] });
});
