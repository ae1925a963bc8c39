// Calls of services that send histograms instead of spans: failures by the same rule as for spans.

import { expect, it } from 'vitest';
import { ServedRequests } from '../../../../domain/detection/aggregate/served-requests.ts';
import type { HistogramPoint } from '../../../../domain/observation.ts';

const atMs = 1_000_000;

type Given = Partial<HistogramPoint> & { readonly bounds?: readonly number[] };

function rowsFor(points: readonly Given[], slowMs = Number.POSITIVE_INFINITY) {
  const served = new ServedRequests((service) => (service === 'edge' ? slowMs : 0));
  for (const given of points) {
    const increase = { count: 2, elapsedMs: 1_000, bounds: [1, 2], bucketCounts: [0, 2, 0], ...given };
    const point: HistogramPoint = {
      kind: 'histogram',
      scope: { environment: 'test', service: 'edge', resourceId: 'edge-1' },
      metric: 'http.server.request.duration',
      unit: 's',
      attributes: {},
      atMs,
      startMs: 0,
      temporality: 'cumulative',
      sum: 3,
      ...increase,
    };
    served.add(point, increase, atMs);
  }
  return served.close();
}
const rowsOf = (unit: string, calls: readonly Readonly<Record<string, string>>[]) =>
  rowsFor(calls.map((attributes) => ({ unit, attributes })));

it('failures are told by HTTP and gRPC status, of old and new conventions, and by the type of an error', () => {
  const failed: Record<string, string>[] = [
    { 'http.response.status_code': '503' },
    { 'http.status_code': '500' },
    { 'rpc.grpc.status_code': '14' },
    { 'rpc.response.status_code': 'UNAVAILABLE' },
    { 'error.type': 'timeout' },
  ];
  const fine: Record<string, string>[] = [
    { 'http.response.status_code': '200' },
    { 'http.status_code': '404' },
    { 'rpc.grpc.status_code': '5' },
    {},
  ];
  expect(rowsOf('s', [...failed, ...fine])).toMatchObject([{ count: 18, errors: 10 }]);
});

it('durations are milliseconds, whatever unit they came in', () => {
  const p50 = (unit: string) => rowsOf(unit, [{}])[0]?.latencyP50Ms;
  expect(p50('s')).toBe(1_500);
  expect(p50('ms')).toBe(1.5);
  expect(p50('us')).toBeCloseTo(0.0015);
});

it('a histogram of now and its earlier name are one; HTTP and RPC are two', () => {
  const before = { metric: 'http.server.duration', unit: 'ms', bounds: [1_000, 2_000] };
  const now = { metric: 'http.server.request.duration' };
  expect(rowsFor([before, now])).toMatchObject([{ count: 2, latencyP50Ms: 1_500 }]);
  expect(rowsFor([now, before])).toMatchObject([{ count: 2, latencyP50Ms: 1_500 }]);
  expect(rowsFor([before])).toMatchObject([{ count: 2, latencyP50Ms: 1_500 }]);
  expect(rowsFor([now, { metric: 'rpc.server.duration', unit: 'ms', bounds: [1_000, 2_000] }])).toMatchObject(
    [{ count: 4, latencyP50Ms: 1_500 }],
  );
});

it('without a unit a duration is what its convention says', () => {
  const p50 = (metric: string) => rowsFor([{ metric, unit: '' }])[0]?.latencyP50Ms;
  expect([p50('http.server.request.duration'), p50('http.server.duration')]).toEqual([1_500, 1.5]);
});

it('label sets of different bounds, as exponential histograms have them, are counted all, each where it is', () => {
  const fast = { attributes: { route: '/a' }, count: 9, bounds: [0.25, 0.5], bucketCounts: [0, 9, 0] };
  const slow = { attributes: { route: '/b' }, count: 1, bounds: [4, 8], bucketCounts: [0, 1, 0] };
  expect(rowsFor([fast, slow])).toMatchObject([{ count: 10, latencyP95Ms: 6_000 }]);
});

it('calls that take longer than an objective allows are counted by their buckets, of the one it cuts a part', () => {
  const given = { count: 100, bounds: [0.1, 0.5, 1], bucketCounts: [40, 40, 12, 8], attributes: {} };
  const slow = (slowMs: number) => rowsFor([given], slowMs).map((row) => row.slow);
  expect(slow(500)).toEqual([20]);
  expect(slow(200)).toEqual([50]);
  expect(slow(50)).toEqual([80]);
  expect(slow(5_000)).toEqual([8]);
  expect(slow(Number.POSITIVE_INFINITY)).toEqual([undefined]);
});
