// OTLP over gRPC, called by gRPC's own library: what is taken, what is refused, and in which words.

import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import type { Client } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from 'vitest';
import { TestApp, type TestAppOptions } from '../support/app.ts';
import { call, connect, methods, type Served, serveGrpc } from '../support/grpc.ts';
import { anomaly, authorize } from '../support/memory.ts';
import {
  decodeProtobuf,
  gauge,
  logsRequest,
  metricsRequest,
  span,
  toProtobuf,
  tracesRequest,
} from '../support/otlp.ts';

const good = toProtobuf('metrics', metricsRequest([gauge('m', { asDouble: 1 })]));

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function stage(options: TestAppOptions = {}, gzip = false) {
  const sut = new TestApp(options);
  const served: Served = await serveGrpc(async (request, address) =>
    sut.app.fetch(request, { address: address ?? '' }),
  );
  const client: Client = connect(served.port, { gzip });
  cleanUps.push(served.grpc.close, () => client.close());
  return { sut, client, port: served.port };
}

describe('a good call', () => {
  test.each([
    ['metrics', good, { kind: 'gauge', metric: 'm', value: 1 }],
    ['logs', toProtobuf('logs', logsRequest([{ body: { stringValue: 'boot' } }])), { kind: 'log' }],
    ['traces', toProtobuf('traces', tracesRequest([span({})])), { kind: 'span' }],
  ] as const)('%s are taken, and the answer is the empty message', async (signal, message, taken) => {
    const { sut, client } = await stage();
    const { code, answer } = await call(client, methods[signal], message);
    expect([code, answer?.length]).toEqual([0, 0]);
    expect(sut.observed).toMatchObject([taken]);
    expect(sut.metrics.counts.get(`sentinel_ingest_requests_total{${signal},200}`)).toBe(1);
  });

  test('gzip, as exporters are told to', async () => {
    const { sut, client } = await stage({}, true);
    const spans = Array.from({ length: 200 }, () => span({}));
    expect((await call(client, methods.traces, toProtobuf('traces', tracesRequest(spans)))).code).toBe(0);
    expect(sut.observed).toHaveLength(200);
  });

  test('a message of megabytes, many at a time on one connection', async () => {
    const { sut, client } = await stage();
    const spans = Array.from({ length: 20_000 }, () => span({}));
    const message = toProtobuf('traces', tracesRequest(spans));
    expect(message.length).toBeGreaterThan(1_000_000);
    const results = await Promise.all([1, 2, 3].map(() => call(client, methods.traces, message)));
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(sut.observed).toHaveLength(60_000);
  });

  test('an empty request is a message of no bytes', async () => {
    const { client } = await stage();
    expect((await call(client, methods.logs, new Uint8Array())).code).toBe(0);
  });

  test('the id of the request comes back', async () => {
    const { client } = await stage();
    const { headers } = await call(client, methods.metrics, good, { 'x-request-id': 'abc-1' });
    expect(headers.get('x-request-id')).toEqual(['abc-1']);
  });

  test('what is rejected is in partial_success', async () => {
    const { client } = await stage();
    const message = toProtobuf('metrics', metricsRequest([gauge('m', { asDouble: 1 }), gauge('n', {})]));
    const { code, answer } = await call(client, methods.metrics, message);
    expect(code).toBe(0);
    expect(decodeProtobuf('ExportMetricsServiceResponse', answer ?? new Uint8Array())).toEqual({
      partialSuccess: {
        rejectedDataPoints: 1,
        errorMessage: '1 rejected: 1 no-value; first: metric n (no-value)',
      },
    });
  });
});

describe('a call that cannot be taken, with the words of HTTP', () => {
  test('protobuf that is none: INVALID_ARGUMENT, and where', async () => {
    const { client } = await stage();
    const { code, message } = await call(client, methods.metrics, good.subarray(0, 30));
    expect(code).toBe(3);
    expect(message).toMatch(/^resourceMetrics\[0\].*byte \d+/);
  });

  test('too large: RESOURCE_EXHAUSTED, and no word of trying again', async () => {
    const { client } = await stage({ limits: { maxBodyBytes: 100 } });
    const message = toProtobuf('traces', tracesRequest([span({ name: 'x'.repeat(300_000) })]));
    const result = await call(client, methods.traces, message);
    expect([result.code, result.message]).toEqual([8, 'the body is larger than 100 bytes']);
    expect(result.trailers.get('grpc-status-details-bin')).toEqual([]);
  });

  test('a gzip bomb is given up while it inflates', async () => {
    const { client } = await stage({ limits: { alwaysInflatedBytes: 1000, maxInflateRatio: 2 } }, true);
    const name = 'x'.repeat(100_000);
    const { code, message } = await call(
      client,
      methods.traces,
      toProtobuf('traces', tracesRequest([span({ name })])),
    );
    expect(code).toBe(8);
    expect(message).toContain('inflates to more than');
  });

  test('a compression that is not known: UNIMPLEMENTED, with those that are', async () => {
    const { port } = await stage();
    const { headers } = await raw(port, { 'grpc-encoding': 'zs%td' }, [1, 0, 0, 0, 1, 0]);
    expect(headers).toMatchObject({ 'grpc-status': '12', 'grpc-accept-encoding': 'identity,gzip' });
    expect(decodeURIComponent(String(headers['grpc-message']))).toContain('content-encoding "zs%td"');
  });

  test('a service that is not here: UNIMPLEMENTED, and what is', async () => {
    const { client } = await stage();
    const { code, message } = await call(
      client,
      '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
      good,
    );
    expect(code).toBe(12);
    expect(message).toContain(methods.traces);
  });

  test('a call without a message, one that ends early, one with two', async () => {
    const { port, sut } = await stage();
    const said = async (bytes: readonly number[], leaveOpen = false) => {
      const { headers } = await raw(port, {}, bytes, { leaveOpen });
      return [headers['grpc-status'], decodeURIComponent(String(headers['grpc-message']))];
    };
    expect(await said([])).toEqual(['3', 'the call has no message']);
    expect(await said([0, 0, 0, 0, 9, 1])).toEqual(['3', 'the body ended early']);
    // What is more than was announced is not read to its end.
    expect(await said([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], true)).toEqual(['3', 'the body ended early']);
    expect(sut.observed).toEqual([]);
  });

  test('one that says it will be too large is not waited for', async () => {
    const { port } = await stage();
    const { headers } = await raw(port, {}, [0, 0x7f, 0xff, 0xff, 0xff], { leaveOpen: true });
    expect(headers).toMatchObject({ 'grpc-status': '8' });
  });

  test('what is no gRPC is told so in HTTP', async () => {
    const { port } = await stage();
    const { headers } = await raw(port, { 'content-type': 'application/json' }, [0x7b]);
    expect(headers[':status']).toBe(415);
  });
});

describe('who may send', () => {
  test.each([
    ['no key', {}, 16, 'a bearer key is needed'],
    ['a key without the permission', { authorization: 'Bearer weak' }, 7, 'the key may not write'],
    ['a good key', { authorization: 'Bearer good' }, 0, ''],
  ])('%s', async (_what, metadata: Readonly<Record<string, string>>, code, message) => {
    const { sut, client } = await stage({ authorize });
    const result = await call(client, methods.metrics, good, metadata);
    expect([result.code, result.message]).toEqual([code, message]);
    expect(sut.observed).toHaveLength(code === 0 ? 1 : 0);
  });

  test('without a key nothing of the message is read', async () => {
    const { port } = await stage({ authorize });
    // Says that 8 MB follow, and sends none of them.
    const { headers } = await raw(port, {}, [0, 0, 0x80, 0, 0], { leaveOpen: true });
    expect(headers).toMatchObject({ 'grpc-status': '16' });
  });
});

describe('later', () => {
  test('a store that is away: UNAVAILABLE, and when to come back', async () => {
    const { sut, client } = await stage();
    sut.inbox.down = true;
    sut.next = { ...sut.next, anomalies: [anomaly('a1')] };
    const { code, message, trailers } = await call(client, methods.metrics, good);
    expect(code).toBe(14);
    expect(message).toContain('not stored yet: the inbox is unavailable');
    expect(retryDelay(trailers.get('grpc-status-details-bin')[0])).toEqual({ code: 14, seconds: 2 });
  });
});

test('closing lets the call under way finish, and takes no more', async () => {
  let answer = (): void => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const sut = new TestApp();
  let arrived = 0;
  const { port, grpc } = await serveGrpc(async (request) => {
    arrived += 1;
    await held;
    return sut.app.fetch(request, { address: '' });
  });
  const client = connect(port);
  cleanUps.push(() => client.close());
  const under = call(client, methods.metrics, good);
  await expect.poll(() => arrived).toBe(1);
  const closed = grpc.close();
  answer();
  expect((await under).code).toBe(0);
  await closed;
  expect(sut.observed).toHaveLength(1);
  expect((await call(connect(port), methods.metrics, good)).code).toBe(14);
});

describe('the server goes on', () => {
  test('after a peer that speaks something else, which is cut off', async () => {
    const { port, client } = await stage();
    const closed = new Promise((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write('POST /v1/traces HTTP/1.1\r\n\r\n'));
      socket.on('error', () => {});
      socket.on('close', resolve);
      socket.resume();
    });
    await closed;
    expect((await call(client, methods.metrics, good)).code).toBe(0);
  });

  test('after a caller that resets its call, in the midst of the message or of the answer', async () => {
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const sut = new TestApp();
    let judging = 0;
    const { port, grpc } = await serveGrpc(async (request) => {
      if (request.headers.get('x-request-id') !== null) {
        await request.arrayBuffer();
        judging += 1;
        await held;
      }
      return sut.app.fetch(request);
    });
    const client = connect(port);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    cleanUps.push(
      grpc.close,
      () => client.close(),
      () => session.destroy(),
    );
    const begun = (bytes: readonly number[], more = {}) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': methods.metrics,
        'content-type': 'application/grpc',
        ...more,
      });
      stream.on('error', () => {});
      stream.write(Buffer.from(bytes));
      return stream;
    };
    const inMessage = begun([0, 0, 0, 0, 9, 1]);
    const inAnswer = begun([0, 0, 0, 0, 0], { 'x-request-id': 'slow' });
    inAnswer.end();
    await expect.poll(() => judging).toBe(1);
    for (const stream of [inMessage, inAnswer]) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    await new Promise((resolve) => session.ping(resolve));
    answer();
    expect((await call(client, methods.metrics, good)).code).toBe(0);
    expect(sut.observed).toHaveLength(1);
  });
});

test('a message that does not arrive is not waited for', async () => {
  const { port, grpc } = await serveGrpc(async () => new Response(), { receiveMs: 50 });
  cleanUps.push(grpc.close);
  const { headers } = await raw(port, {}, [0, 0, 0], { leaveOpen: true });
  expect(headers).toEqual({});
});

type RawAnswer = { readonly headers: Readonly<Record<string, unknown>> };

/** A call made of bytes, however wrong. */
function raw(
  port: number,
  headers: Readonly<Record<string, string>>,
  bytes: readonly number[],
  { leaveOpen = false } = {},
): Promise<RawAnswer> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  cleanUps.push(() => session.destroy());
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': methods.metrics,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  return new Promise((resolve) => {
    let answered = {};
    stream.on('response', (given) => {
      answered = { ...given };
    });
    stream.on('error', () => {});
    stream.on('close', () => resolve({ headers: answered }));
    stream.resume();
    stream.write(Buffer.from(bytes));
    if (!leaveOpen) stream.end();
  });
}

/** Of a google.rpc.Status with one RetryInfo. */
function retryDelay(details: unknown): unknown {
  const { code, details: all } = decodeProtobuf('RpcStatus', details as Uint8Array) as {
    code: number;
    details: readonly { typeUrl: string; value: Uint8Array }[];
  };
  const [only] = all;
  expect(only?.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo');
  const { retryDelay: delay } = decodeProtobuf('RetryInfo', only?.value ?? new Uint8Array()) as {
    retryDelay: { seconds: number };
  };
  return { code, seconds: delay.seconds };
}
