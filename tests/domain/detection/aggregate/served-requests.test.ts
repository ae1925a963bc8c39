// Calls of services that send histograms instead of spans: failures by the same rule as for spans.

import { expect, it } from 'vitest';
import { ServedRequests } from '../../../../domain/detection/aggregate/served-requests.ts';
import type { HistogramPoint } from '../../../../domain/observation.ts';

const atMs = 1_000_000;

function rowsOf(unit: string, calls: readonly Readonly<Record<string, string>>[]) {
  const served = new ServedRequests();
  for (const attributes of calls) {
    const increase = { count: 2, elapsedMs: 1_000, bounds: [1, 2], bucketCounts: [0, 2, 0] };
    const point: HistogramPoint = {
      kind: 'histogram',
      scope: { environment: 'test', service: 'edge', resourceId: 'edge-1' },
      metric: 'http.server.request.duration',
      unit,
      attributes,
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
