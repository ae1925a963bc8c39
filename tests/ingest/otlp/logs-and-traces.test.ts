import { describe, expect, test } from 'vitest';
import type { OtlpEncoding } from '../../../ingest/otlp/decode.ts';
import { naughtyStrings } from '../support/naughty.ts';
import {
  attribute,
  decode,
  type Json,
  logsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from '../support/otlp.ts';

const scope = { environment: 'prod', service: 'orders', resourceId: 'orders-1' };

describe.each<OtlpEncoding>(['json', 'protobuf'])('log records as %s', (encoding) => {
  const log = (record: Json) => decode('logs', logsRequest([record]), encoding);

  test('a record keeps time, severity, body and attributes', () => {
    const record = {
      timeUnixNano: nano(nowMs - 5),
      severityNumber: 17,
      body: { stringValue: 'payment failed\nfor order 7' },
      attributes: [attribute('exception.type', 'Timeout')],
      traceId: '5b8efff798038103d269b633813fc60c',
    };
    expect(log(record).observations).toEqual([
      {
        kind: 'log',
        scope,
        atMs: nowMs - 5,
        severityNumber: 17,
        body: 'payment failed for order 7',
        attributes: { 'exception.type': 'Timeout' },
      },
    ]);
  });

  test('without a time of its own, a record has the time it was observed, else now', () => {
    expect(log({ observedTimeUnixNano: nano(nowMs - 9) }).observations[0]).toMatchObject({ atMs: nowMs - 9 });
    expect(log({}).observations[0]).toMatchObject({ atMs: nowMs });
  });

  test('severity comes from the word when the number is missing', () => {
    const severityOf = (severityText: string) => {
      const [record] = log({ severityText }).observations;
      return record?.kind === 'log' ? record.severityNumber : null;
    };
    expect(['ERROR', 'warning', 'Fatal', 'debug', '', 'NOTICE'].map(severityOf)).toEqual([
      17, 13, 21, 5, 9, 9,
    ]);
  });

  test('JSON bodies are what their message says, as bad as they say', () => {
    const messages = ['payment declined by bank', 'database connection refused', 'disk is full'];
    for (const msg of messages) {
      const line = JSON.stringify({ level: 'error', msg, trace: 'abc0' });
      expect(log({ body: { stringValue: line } }).observations[0]).toMatchObject({
        body: msg,
        severityNumber: 17,
      });
      const values = [
        { key: 'level', value: { stringValue: 'error' } },
        { key: 'http', value: { kvlistValue: { values: [attribute('path', '/x')] } } },
        { key: 'msg', value: { stringValue: msg } },
      ];
      expect(log({ body: { kvlistValue: { values } } }).observations[0]).toMatchObject({
        body: msg,
        severityNumber: 17,
      });
    }
    const values = [{ stringValue: 'no route' }, { intValue: '7' }];
    expect(log({ body: { arrayValue: { values } } }).observations[0]).toMatchObject({ body: 'no route 7' });
    const long = JSON.stringify({ stack: 'x'.repeat(20_000), msg: 'heap is full', level: 'fatal' });
    expect(log({ body: { stringValue: long } }).observations[0]).toMatchObject({ body: 'heap is full' });
  });

  test('what the record itself says of its severity goes before what its body says', () => {
    const body = { stringValue: '{"level":"error","msg":"m"}' };
    expect(log({ severityNumber: 9, body }).observations[0]).toMatchObject({ severityNumber: 9 });
    expect(log({ severityText: 'WARN', body }).observations[0]).toMatchObject({ severityNumber: 13 });
  });

  test('an event without a body is told by its name and what went wrong', () => {
    const attributes = [
      attribute('exception.type', 'OutOfMemoryError'),
      attribute('exception.message', 'heap is full'),
      attribute('exception.stacktrace', 'at main'),
    ];
    const words = (record: Json) => log(record).observations[0];
    expect(words({ eventName: 'device.crash', attributes })).toMatchObject({
      body: 'device.crash OutOfMemoryError: heap is full',
    });
    const named = [attribute('event.name', 'device.crash'), ...attributes.slice(0, 1)];
    expect(words({ attributes: named })).toMatchObject({ body: 'device.crash OutOfMemoryError' });
    expect(words({ eventName: 'session.start', attributes: [attribute('session.id', 'a')] })).toMatchObject({
      body: 'session.start',
    });
    expect(words({ attributes: [attribute('job', 'import')] })).toMatchObject({ body: 'job=import' });
    expect(words({})).toMatchObject({ body: 'log record without words' });
  });

  test('a record from last week is rejected', () => {
    const { observations, tally } = log({ timeUnixNano: nano(nowMs - 7 * 86_400_000) });
    expect(observations).toEqual([]);
    expect([...tally.reasons]).toEqual([['too-old', 1]]);
  });

  test('hostile bodies are data', () => {
    for (const body of naughtyStrings) {
      const [record] = log({ body: { stringValue: body } }).observations;
      expect(record?.kind === 'log' && !/\p{Cc}/u.test(record.body)).toBe(true);
    }
  });

  test('a body without end is cut', () => {
    const { observations, tally } = log({ body: { stringValue: 'x'.repeat(1_000_000) } });
    expect(observations[0]?.kind === 'log' ? observations[0].body.length : 0).toBe(4_096);
    expect(tally.notes.get('text-cut')).toBe(1);
  });
});

describe.each<OtlpEncoding>(['json', 'protobuf'])('spans as %s', (encoding) => {
  const spans = (...given: Json[]) => decode('traces', tracesRequest(given), encoding);

  test('a server span keeps ids, name, time, duration and release', () => {
    const events = [{ timeUnixNano: nano(nowMs), name: 'exception', attributes: [attribute('a', 'b')] }];
    expect(
      spans(span({ parentSpanId: '00f067aa0ba902b7', events, status: { code: 1 } })).observations,
    ).toEqual([
      {
        kind: 'span',
        scope,
        traceId: '5b8efff798038103d269b633813fc60c',
        spanId: 'eee19b7ec3c1b174',
        parentSpanId: '00f067aa0ba902b7',
        spanKind: 'server',
        name: 'GET /orders',
        startMs: nowMs - 250,
        durationMs: 250,
        error: false,
        release: 'v7',
      },
    ]);
  });

  test('a client span names who was called: peer.service, else server.address', () => {
    const address = attribute('server.address', '10.0.0.7');
    const service = attribute('peer.service', 'payments');
    const peerOf = (...attributes: Json[]) => {
      const [found] = spans(span({ kind: 3, attributes })).observations;
      return found?.kind === 'span' ? found.peer : null;
    };
    expect(peerOf(address)).toBe('10.0.0.7');
    expect(peerOf(address, service)).toBe('payments');
    expect(peerOf()).toBeUndefined();
  });

  test('without peer.service a callee has the name it is dialled by, of old and new conventions', () => {
    const peerOf = (key: string) => {
      const [found] = spans(span({ kind: 4, attributes: [attribute(key, 'orders')] })).observations;
      return found?.kind === 'span' ? found.peer : null;
    };
    const names = ['net.peer.name', 'messaging.destination.name', 'db.namespace', 'db.name'];
    expect(names.map(peerOf)).toEqual(names.map(() => 'orders'));
  });

  test('an answer of 5xx is a failure though nobody set the status, by old and new names, as number and text', () => {
    const failed = (kind: number, value: Json, key = 'http.response.status_code') =>
      spans(span({ kind, attributes: [{ key, value }] })).observations[0];
    for (const value of [{ intValue: '503' }, { stringValue: '503' }]) {
      expect(failed(2, value)).toMatchObject({ error: true });
      expect(failed(2, value, 'http.status_code')).toMatchObject({ error: true });
    }
    expect(failed(2, { intValue: '404' })).toMatchObject({ error: false });
    expect(failed(3, { intValue: '404' })).toMatchObject({ error: true });
    expect(failed(2, { intValue: '14' }, 'rpc.grpc.status_code')).toMatchObject({ error: true });
    expect(failed(2, { stringValue: 'timeout' }, 'error.type')).toMatchObject({ error: true });
  });

  test('spans that do not say what they are: requests, unless their parent is beside them', () => {
    const [root, inner, elsewhere] = spans(
      span({ kind: 0, spanId: 'aaaaaaaaaaaaaaaa' }),
      span({ kind: 0, spanId: 'bbbbbbbbbbbbbbbb', parentSpanId: 'aaaaaaaaaaaaaaaa' }),
      span({ kind: 0, spanId: 'cccccccccccccccc', parentSpanId: '00f067aa0ba902b7' }),
    ).observations;
    expect(root).toMatchObject({ spanKind: 'server' });
    expect(inner).toMatchObject({ spanKind: 'internal' });
    expect(elsewhere).toMatchObject({ spanKind: 'server' });
  });

  test('internal work that another process asked for is a request; work inside of one is not', () => {
    const parentSpanId = '00f067aa0ba902b7';
    expect(spans(span({ kind: 1, parentSpanId, flags: 0x301 })).observations[0]).toMatchObject({
      spanKind: 'server',
    });
    expect(spans(span({ kind: 1, parentSpanId, flags: 0x101 })).observations[0]).toMatchObject({
      spanKind: 'internal',
    });
  });

  test('status code 2 is an error', () => {
    expect(spans(span({ status: { code: 2, message: 'boom' } })).observations[0]).toMatchObject({
      error: true,
    });
  });

  test.each<[string, Json]>([
    ['bad-id', { traceId: '00000000000000000000000000000000' }],
    ['bad-id', { spanId: 'ab' }],
    ['no-timestamp', { endTimeUnixNano: '0' }],
    ['no-timestamp', { startTimeUnixNano: '0' }],
    ['bad-duration', { startTimeUnixNano: nano(nowMs + 1) }],
    ['in-future', { endTimeUnixNano: nano(nowMs + 86_400_000) }],
  ])('rejects a span as %s, and takes its neighbour', (reason, fields) => {
    const { observations, tally } = spans(span(fields), span({}));
    expect(observations).toHaveLength(1);
    expect([...tally.reasons]).toEqual([[reason, 1]]);
  });
});
