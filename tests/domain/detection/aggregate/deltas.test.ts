/** Several increases of one second as one, and levels that are told by their changes. */
import { expect, it } from 'vitest';
import { added, levelAfter } from '../../../../domain/detection/aggregate/deltas.ts';

const common = {
  scope: { environment: 'test', service: 'edge' },
  metric: 'm',
  unit: '1',
  attributes: {},
  temporality: 'delta',
} as const;
const counter = (startMs: number, atMs: number, value: number) =>
  ({ kind: 'counter', ...common, startMs, atMs, value }) as const;
const histogram = (bounds: readonly number[], bucketCounts: readonly number[]) =>
  ({
    kind: 'histogram',
    ...common,
    startMs: 0,
    atMs: 1_000,
    count: bucketCounts.reduce((sum, count) => sum + count, 0),
    sum: 1,
    bounds,
    bucketCounts,
  }) as const;

it('counters add up, since the first start', () => {
  expect(added(counter(100, 200, 3), counter(200, 300, 4))).toMatchObject({
    startMs: 100,
    atMs: 300,
    value: 7,
  });
  expect(added(undefined, counter(200, 300, 4))).toEqual(counter(200, 300, 4));
});

it('histograms add up in the buckets that both have, though as many as differ', () => {
  expect(added(histogram([1, 2], [1, 1, 0]), histogram([1, 2], [2, 0, 1]))).toMatchObject({
    count: 5,
    sum: 2,
    bounds: [1, 2],
    bucketCounts: [3, 1, 1],
  });
  expect(added(histogram([1, 2], [0, 5, 0]), histogram([4, 8], [0, 7, 0]))).toMatchObject({
    count: 12,
    bounds: [1, 2, 4, 8],
    bucketCounts: [0, 5, 0, 7, 0],
  });
});

it('a change leads to the level after it', () => {
  const change = { kind: 'gauge', ...common, atMs: 1_000, value: -3, isChange: true } as const;
  const after = levelAfter(10, change);
  expect(after.value).toBe(7);
  expect(after).not.toHaveProperty('isChange');
});
