// Records that are OTLP requests: the same of them as over HTTP, and every way to be poison.

import { describe, expect, test } from 'vitest';
import { decodeOtlpRecord, type OtlpForm } from '../../../ingest/kafka/decode-otlp.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import {
  decode as decodeHttp,
  encodeRequest,
  gauge,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from '../support/otlp.ts';

const limits = { ...defaultLimits, maxInflatedBytes: 20_000, maxMessages: 300 };
const schemas = recordSchemas(limits);
const context = { schemas, limits, defaultEnvironment: 'default-env', nowMs };
const position = { topic: 'otlp_metrics', partition: 0 };

const read = (form: OtlpForm, value: Uint8Array | null) =>
  decodeOtlpRecord(form)({ offset: 7n, timestampMs: nowMs, key: null, value }, position, context);
const reasonOf = (form: OtlpForm, value: Uint8Array | null) => {
  const decoding = read(form, value);
  return decoding.ok ? 'fine' : decoding.poison.reason;
};

const requests = {
  metrics: metricsRequest([
    gauge('queue', { asDouble: 3 }),
    gauge('late', { timeUnixNano: '1', asDouble: 3 }),
  ]),
  logs: logsRequest([{ timeUnixNano: nano(nowMs), body: { stringValue: 'it broke' } }]),
  traces: tracesRequest([span({})]),
};

describe.each(['json', 'protobuf'] as const)('as %s', (encoding) => {
  test.each(['metrics', 'logs', 'traces'] as const)('%s, named or recognised: as over HTTP', (signal) => {
    const bytes = encodeRequest(signal, encoding, requests[signal]);
    const { observations, tally } = decodeHttp(signal, requests[signal], encoding);
    for (const named of [signal, null]) {
      const decoding = read({ encoding, signal: named }, bytes);
      if (!decoding.ok) throw new Error(decoding.poison.detail);
      expect(decoding.record.signal).toBe(signal);
      expect(decoding.record.decoded.observations).toEqual(observations);
      expect(decoding.record.decoded.tally.message()).toBe(tally.message());
    }
    expect(observations).toHaveLength(1);
  });

  test('a point that cannot be used is left out and counted; the record is no poison', () => {
    const decoding = read({ encoding, signal: null }, encodeRequest('metrics', encoding, requests.metrics));
    expect(decoding).toMatchObject({ ok: true, record: { decoded: { tally: { rejected: 1 } } } });
  });

  test('too large, too many messages, of another kind, nothing at all', () => {
    const many = metricsRequest(Array.from({ length: 200 }, () => gauge('q', { asDouble: 1 })));
    const form: OtlpForm = { encoding, signal: 'metrics' };
    expect(reasonOf(form, encodeRequest('metrics', encoding, many))).toBe(
      encoding === 'json' ? 'too-large' : 'too-complex',
    );
    expect(reasonOf(form, Buffer.alloc(20_001, ' '))).toBe('too-large');
    expect(reasonOf(form, Buffer.from('hello'))).toBe('not-otlp');
    expect(reasonOf({ encoding, signal: null }, Buffer.from('{"kind":"gauge"}'))).toBe('not-otlp');
    expect(reasonOf(form, null)).toBe('empty');
    expect(reasonOf(form, Buffer.alloc(0))).toBe('empty');
  });
});

test('JSON that would become far more in memory is not parsed', () => {
  const form: OtlpForm = { encoding: 'json', signal: 'metrics' };
  expect(reasonOf(form, Buffer.from(`{"a":[${'{},'.repeat(400)}{}]}`))).toBe('too-complex');
  expect(reasonOf(form, Buffer.from(`${'['.repeat(200)}${']'.repeat(200)}`))).toBe('too-complex');
});

test('the detail says where it is wrong', () => {
  const wrong = Buffer.from('{"resourceMetrics":[{"scopeMetrics":7}]}');
  expect(read({ encoding: 'json', signal: null }, wrong)).toMatchObject({
    poison: { detail: 'metrics: resourceMetrics[0].scopeMetrics: expected an array, got a number' },
  });
});
