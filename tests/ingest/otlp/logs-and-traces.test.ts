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
