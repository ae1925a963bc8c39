import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEvents, decodeObservations } from '../../../ingest/kafka/decode.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import { naughtyStrings } from '../support/naughty.ts';
import { nowMs } from '../support/otlp.ts';

const limits = { ...defaultLimits, maxBodyBytes: 10_000 };
const context = { schemas: recordSchemas(limits), limits, defaultEnvironment: 'default-env', nowMs };
const position = { topic: 'observations', partition: 3 };
const record = (value: unknown, offset = 7n) => ({
  offset,
  timestampMs: nowMs,
  key: null,
  value: value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
});
const observe = (value: unknown, offset?: bigint) =>
  decodeObservations(record(value, offset), position, context);
const events = (value: unknown, offset?: bigint) => decodeEvents(record(value, offset), position, context);

const place = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };
const gauge = { kind: 'gauge', ...place, metric: 'queue.length', at: nowMs - 1_000, value: 3 };
const counter = { ...gauge, kind: 'counter', metric: 'requests', start: nowMs - 60_000, value: 5 };
const histogram = {
  ...counter,
  kind: 'histogram',
  value: undefined,
  unit: 's',
  count: 3,
  sum: 1.5,
  bounds: [0.1, 1],
  bucketCounts: [1, 1, 1],
};
const log = {
  kind: 'log',
  ...place,
  at: new Date(nowMs - 500).toISOString(),
  severity: 'error',
  body: 'it broke',
};
const span = {
  kind: 'span',
  ...place,
  traceId: 'A'.repeat(32),
  spanId: 'b'.repeat(16),
  spanKind: 'server',
  name: 'GET /orders',
  start: nowMs - 100,
  durationMs: 20,
};
const change = { kind: 'change', ...place, resourceId: undefined, type: 'release', summary: 'orders v8' };
const alert = { kind: 'alert', service: 'orders', title: 'orders is slow' };

describe('a record of observations', () => {
  test('one of each kind becomes what detection takes, and a change goes to the inbox', () => {
    const decoding = observe([gauge, counter, histogram, log, span, change]);
    const scope = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };
    expect(decoding).toEqual({
      ok: true,
      record: {
        outOfTime: [],
        observations: [
          {
            kind: 'gauge',
            scope,
            metric: 'queue.length',
            unit: '',
            attributes: {},
            atMs: nowMs - 1_000,
            value: 3,
          },
          expect.objectContaining({
            kind: 'counter',
            temporality: 'cumulative',
            startMs: nowMs - 60_000,
            value: 5,
          }),
          expect.objectContaining({
            kind: 'histogram',
            unit: 's',
            bounds: [0.1, 1],
            bucketCounts: [1, 1, 1],
          }),
          { kind: 'log', scope, atMs: nowMs - 500, severityNumber: 17, body: 'it broke', attributes: {} },
          expect.objectContaining({
            kind: 'span',
            traceId: 'a'.repeat(32),
            startMs: nowMs - 100,
            error: false,
          }),
        ],
        items: [
          expect.objectContaining({
            kind: 'change',
            change: expect.objectContaining({ summary: 'orders v8' }),
          }),
        ],
      },
    });
  });

  test('the record of a logger is its message, as bad as it says: as text, and as it is', () => {
    const body = { level: 'error', msg: 'disk is full', trace: 'abc' };
    for (const given of [body, JSON.stringify(body)])
      expect(observe({ ...log, severity: undefined, body: given })).toMatchObject({
        record: { observations: [{ body: 'disk is full', severityNumber: 17 }] },
      });
    expect(observe({ ...log, severity: 'debug', body })).toMatchObject({
      record: { observations: [{ severityNumber: 5 }] },
    });
  });

  test('without an environment it is of the default one', () => {
    const decoding = observe({ ...gauge, environment: undefined });
    expect(decoding).toMatchObject({ record: { observations: [{ scope: { environment: 'default-env' } }] } });
  });

  test('what is out of time is counted and left out; it is no poison', () => {
    const old = { ...gauge, at: nowMs - limits.maxPastMs - 1 };
    const ahead = { ...span, start: nowMs + limits.maxFutureMs };
    expect(observe([old, gauge, ahead])).toMatchObject({
      ok: true,
      record: { observations: [{ kind: 'gauge' }], outOfTime: ['too-old', 'in-future'] },
    });
  });

  test.each<[string, unknown, string, string]>([
    ['no value', null, 'empty', 'value'],
    ['nothing', '', 'empty', 'value'],
    ['an empty array', '[]', 'empty', 'array'],
    ['text', 'hello', 'not-json', ''],
    ['half a record', '{"kind":"gauge",', 'not-json', ''],
    ['bytes that are no text', '\u0000\u0001', 'not-json', ''],
    ['too much', JSON.stringify({ ...log, body: 'x'.repeat(10_000) }), 'too-large', '10000'],
    ['very deep', `${'['.repeat(4_000)}${']'.repeat(4_000)}`, 'wrong-shape', '[0]'],
    ['an array in an array', [[gauge]], 'wrong-shape', '[0]'],
    ['a number', 7, 'wrong-shape', ''],
    ['null', 'null', 'wrong-shape', ''],
    ['another kind', { ...gauge, kind: 'metric' }, 'wrong-shape', 'kind'],
    ['a misspelt field', { ...gauge, enviroment: 'prod' }, 'wrong-shape', 'enviroment'],
    ['no service', { ...gauge, service: undefined }, 'wrong-shape', 'service'],
    ['an empty service', { ...gauge, service: '\u0007' }, 'wrong-shape', 'service'],
    ['infinity', JSON.stringify(gauge).replace('"value":3', '"value":1e999'), 'wrong-shape', 'value'],
    ['a count below zero', { ...counter, value: -1 }, 'wrong-shape', 'value'],
    ['a number as text', { ...gauge, value: '3' }, 'wrong-shape', 'value'],
    ['a wrong instant', { ...gauge, at: 'yesterday' }, 'wrong-shape', 'at'],
    ['an instant of zero', { ...gauge, at: 0 }, 'wrong-shape', 'at'],
    ['bounds that descend', { ...histogram, bounds: [1, 0.1] }, 'wrong-shape', 'bucketCounts'],
    ['counts that do not fit', { ...histogram, count: 4 }, 'wrong-shape', 'bucketCounts'],
    ['a trace of zeros', { ...span, traceId: '0'.repeat(32) }, 'wrong-shape', 'traceId'],
    ['a duration below zero', { ...span, durationMs: -1 }, 'wrong-shape', 'durationMs'],
    ['deep attributes', { ...gauge, attributes: { a: { b: 'c' } } }, 'wrong-shape', 'attributes.a'],
    ['an alert among observations', alert, 'wrong-shape', 'kind'],
    ['a change from another age', { ...change, at: '2001-01-01T00:00:00Z' }, 'bad-time', 'at'],
    ['one bad one of three', [gauge, { ...gauge, value: null }, gauge], 'wrong-shape', '[1].value'],
  ])('%s is poison as a whole', (_what, value, reason, detail) => {
    expect(observe(value)).toEqual({
      ok: false,
      poison: { reason, detail: expect.stringContaining(detail) },
    });
  });

  test('bytes that are no UTF-8 are poison', () => {
    const bytes = { ...record('x'), value: Buffer.from([0x22, 0xff, 0x22]) };
    expect(decodeObservations(bytes, position, context)).toMatchObject({ poison: { reason: 'not-json' } });
  });

  test('any bytes and any JSON decode or are poison', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          for (const decode of [decodeObservations, decodeEvents])
            expect(decode({ ...record('x'), value: Buffer.from(bytes) }, position, context)).toHaveProperty(
              'ok',
            );
        },
      ),
    );
  });

  test('naughty strings are data in every field', () => {
    let taken = 0;
    for (const text of naughtyStrings) {
      const decoding = observe({
        ...gauge,
        service: text,
        metric: text,
        attributes: { [`k${text.slice(0, 20)}`]: text },
      });
      if (!decoding.ok) continue;
      taken += 1;
      expect(JSON.stringify(decoding.record.observations)).not.toMatch(/\\u00[01][0-9a-f]|\\[nrt]/);
    }
    expect(taken).toBeGreaterThan(300);
  });
});

describe('a record of alerts', () => {
  const ids = (decoding: ReturnType<typeof events>) =>
    decoding.ok ? decoding.record.items.map(({ id }) => id) : [];

  test('without an id it has the one of its place: the same when delivered again, another elsewhere', () => {
    const first = ids(events(alert, 7n));
    expect(first).toHaveLength(1);
    expect(ids(events(alert, 7n))).toEqual(first);
    expect(ids(events(alert, 8n))).not.toEqual(first);
    expect(new Set(ids(events([alert, alert], 9n))).size).toBe(2);
  });

  test('firing and resolved are one finding', () => {
    const decoding = events([
      { ...alert, id: 'a1' },
      { ...alert, id: 'a1', status: 'resolved' },
    ]);
    expect(ids(decoding).map((id) => id.replace(/external-\w+/, 'x'))).toEqual([
      'report/x/firing',
      'report/x/resolved',
    ]);
  });

  test('telemetry among alerts is poison', () => {
    expect(events(gauge)).toMatchObject({ poison: { reason: 'wrong-shape' } });
  });
});
