// Which signal a request carries, told by the request itself.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OtlpSignal } from '../../../ingest/otlp/decode.ts';
import { recogniseSignal } from '../../../ingest/otlp/recognise.ts';
import {
  encodeRequest,
  gauge,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  shop,
  span,
  tracesRequest,
} from '../support/otlp.ts';

const at = nano(nowMs);
const point = { timeUnixNano: at, asDouble: 1 };
const requests: readonly (readonly [OtlpSignal, string, Json])[] = [
  ['metrics', 'a gauge', metricsRequest([gauge('queue', { asDouble: 1 })])],
  [
    'metrics',
    'a sum',
    metricsRequest([{ name: 'requests', sum: { dataPoints: [point], isMonotonic: true } }]),
  ],
  [
    'metrics',
    'a histogram',
    metricsRequest([{ name: 'took', histogram: { dataPoints: [{ timeUnixNano: at }] } }]),
  ],
  [
    'metrics',
    'an exponential histogram',
    metricsRequest([{ name: 'took', exponentialHistogram: { dataPoints: [{ timeUnixNano: at }] } }]),
  ],
  [
    'metrics',
    'a metric without points before one with',
    metricsRequest([{ name: 'empty' }, gauge('queue', point)]),
  ],
  ['logs', 'a log record', logsRequest([{ timeUnixNano: at, body: { stringValue: 'it broke' } }])],
  ['logs', 'one that was only observed', logsRequest([{ observedTimeUnixNano: at, severityNumber: 9 }])],
  [
    'logs',
    'one without an instant',
    logsRequest([{ severityText: 'ERROR', body: { stringValue: 'it broke' } }]),
  ],
  ['traces', 'a span', tracesRequest([span({})])],
  [
    'traces',
    'a span with everything',
    tracesRequest([span({ kind: 2, status: { code: 2 }, attributes: [] })]),
  ],
];

describe.each(['json', 'protobuf'] as const)('as %s', (encoding) => {
  test.each(requests)('%s: %s', (signal, _, request) => {
    expect(recogniseSignal(encoding, encodeRequest(signal, encoding, request))).toBe(signal);
  });

  test('a request without items is one of metrics, whatever it was', () => {
    expect(recogniseSignal(encoding, encodeRequest('logs', encoding, {}))).toBe('metrics');
  });

  test('what is no request is not recognised, and nothing is thrown', () => {
    expect(recogniseSignal(encoding, Buffer.from('{"kind":"gauge","service":"orders"}'))).toBeNull();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(['metrics', 'logs', 'traces', null]).toContain(recogniseSignal(encoding, bytes));
      }),
    );
  });
});

test('a resource without anything in it, as Protobuf, is none of its signal', () => {
  const bytes = encodeRequest('traces', 'protobuf', { resourceSpans: [{ resource: shop, scopeSpans: [] }] });
  expect(recogniseSignal('protobuf', bytes)).toBe('metrics');
});

test('names as the .proto files have them', () => {
  expect(recogniseSignal('json', Buffer.from(' { "resource_spans": [] }'))).toBe('traces');
});
