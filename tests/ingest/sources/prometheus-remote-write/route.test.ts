// How a write request is answered: what Prometheus sends again, what it gives up, and what it is told of both.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';
import { nothingFound, TestApp } from '../../support/app.ts';
import { authorize } from '../../support/memory.ts';
import { nowMs } from '../../support/otlp.ts';
import {
  encodeWrite,
  ends,
  series,
  snapped,
  type TestSeries,
  type Version,
  versions,
  writeHeaders,
} from '../../support/remote-write.ts';

const path = '/api/v1/write';
let sut: TestApp;
beforeEach(() => {
  sut = new TestApp({ authorize });
});
const write = (version: Version, ...all: readonly TestSeries[]) =>
  sut.post(path, snapped(encodeWrite(version, all)), writeHeaders(version));
const written = (response: Response) =>
  ['samples', 'histograms', 'exemplars'].map((of) =>
    response.headers.get(`x-prometheus-remote-write-${of}-written`),
  );

describe.each(versions)('version %s', (version) => {
  const is2 = version === '2.0';

  test('what is stored is answered with 204, and with how much it was', async () => {
    const histogram = { timestamp: nowMs, positiveSpans: [{ offset: 0, length: 1 }], positiveDeltas: [2] };
    const native = { labels: { __name__: 'lag', job: 'orders' }, histograms: [histogram] };
    const response = await write(
      version,
      { ...series('a', {}, 1), exemplars: 2 },
      series('b', {}, ends),
      native,
    );
    expect(response.status).toBe(204);
    expect(written(response)).toEqual(is2 ? ['2', '1', '0'] : [null, null, null]);
    expect(sut.observed).toMatchObject([{ kind: 'gauge' }, { kind: 'histogram', count: 2 }]);
    expect(sut.metrics.counts.get('sentinel_ingest_observations_total{remote-write}')).toBe(2);
    expect(sut.metrics.counts.get('sentinel_ingest_requests_total{remote-write,204}')).toBe(1);
  });

  test('what is refused in part is answered with 400 and why, and the rest is stored', async () => {
    const old = { value: 1, atMs: nowMs - 86_400_000 };
    const response = await write(version, series('a', {}, 1), series('b', {}, old));
    expect(response.status).toBe(400);
    expect(await response.text()).toBe('1 rejected: 1 too-old; first: metric b (too-old)\n');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(written(response)).toEqual(is2 ? ['1', '0', '0'] : [null, null, null]);
    expect(sut.observed).toMatchObject([{ metric: 'a' }]);
  });

  test('what detection has no room for is refused, too', async () => {
    const point = {
      ...{
        kind: 'gauge' as const,
        scope: { environment: 'e', service: 'orders' },
        metric: 'by.user',
        unit: '',
      },
      ...{ attributes: {}, atMs: nowMs, value: 1 },
    } as const;
    sut.next = { ...nothingFound, refused: [{ reason: 'series-limit', count: 1, first: point }] };
    const response = await write(version, series('a', {}, 1));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('series-limit')]);
    expect(written(response)).toEqual(is2 ? ['0', '0', '0'] : [null, null, null]);
  });

  test('what is not stored yet is to be sent again, and then it is', async () => {
    sut.history.down = true;
    sut.next = {
      ...nothingFound,
      rows: [{ environment: 'e', calls: [], logs: [], metrics: [row] }],
    };
    const response = await write(version, series('a', {}, 1));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
    expect(written(response)).toEqual([null, null, null]);
    sut.history.down = false;
    expect((await write(version, series('a', {}, 1))).status).toBe(204);
  });

  test('samples that come twice, or after newer ones, change no rate', async () => {
    sut = new TestApp({ authorize, detection: createDetectionEngine(detectionConfigSchema.parse({})) });
    const at = (secondsAgo: number) => ({ value: 1_000 - secondsAgo, atMs: nowMs - secondsAgo * 1_000 });
    for (const secondsAgo of [60, 45, 45, 30, 60, 50, 30, 15, 0])
      expect((await write(version, series('jobs_total', {}, at(secondsAgo)))).status).toBe(204);
    sut.clock.current += 60_000;
    await sut.pipeline.tick();
    await sut.pipeline.settle();
    const rates = sut.history.rows.flatMap(({ metrics }) =>
      metrics.map(({ metric, value }) => [metric, value]),
    );
    expect(rates.length).toBeGreaterThan(3);
    expect(new Set(rates.map(String))).toEqual(new Set(['jobs_total.rate,1']));
  });

  test('a request that only tells types is stored, too', async () => {
    const body = encodeWrite(version, [], [{ type: 1, metricFamilyName: 'a' }]);
    expect((await sut.post(path, snapped(body), writeHeaders(version))).status).toBe(204);
    expect(sut.observed).toEqual([]);
  });

  test('any bytes are answered, and never with an error of our own', async () => {
    const good = snapped(encodeWrite(version, [series('a', { x: 'y' }, 1), series('b', {}, 2)]));
    const cut = fc.nat({ max: good.length }).map((at) => good.subarray(0, at));
    const flipped = fc
      .tuple(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }))
      .map(([at, by]) => {
        const bytes = Buffer.from(good);
        bytes[at] = (bytes[at] ?? 0) ^ by;
        return new Uint8Array(bytes);
      });
    const raw = fc.uint8Array({ maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(cut, flipped, raw, raw.map(snapped)), async (body) => {
        const { status } = await sut.post(path, body, writeHeaders(version));
        expect([204, 400, 413]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });
});

const row = {
  ...{ atMs: nowMs, service: 'orders', instance: '', metric: 'a', attributes: '', value: 1 },
};

describe('a request that cannot be taken', () => {
  const good = snapped(encodeWrite('1.0', [series('a', {}, 1)]));
  const headers = writeHeaders('1.0');
  const zeros = Buffer.concat([Buffer.from([0x80, 0x80, 0x80, 0x40]), Buffer.alloc(10)]);

  test.each<[string, number, RegExp, Uint8Array, Record<string, string>]>([
    [
      'a message that nobody knows',
      415,
      /proto=prometheus.WriteRequest or/,
      good,
      { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' },
    ],
    ['JSON', 415, /content-type must be/, good, { 'content-type': 'application/json' }],
    ['gzip', 415, /send snappy/, good, { 'content-encoding': 'gzip' }],
    ['what is no snappy', 400, /not valid snappy/, Buffer.from([5, 0xff, 0xff]), {}],
    ['what says that it becomes 128 MiB', 413, /inflates to more than/, zeros, {}],
    [
      'what is no such message',
      400,
      /timeseries\[0\].*byte \d+/,
      snapped(Buffer.from([0x0a, 0x05, 0x0a, 0x7f, 1, 1, 1])),
      {},
    ],
    ['no key', 401, /key/, good, { authorization: '' }],
    ['a key that may not', 403, /./, good, { authorization: 'Bearer weak' }],
  ])('%s: %i', async (_what, status, message, body, own) => {
    const response = await sut.post(path, body, { ...headers, ...own });
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(message)]);
    expect(response.headers.get('x-request-id')).toBeTruthy();
    expect(sut.observed).toEqual([]);
  });

  test('more messages than are accepted', async () => {
    sut = new TestApp({ authorize, limits: { maxMessages: 5 } });
    const response = await write('1.0', series('a', {}, 1), series('b', {}, 1));
    expect([response.status, await response.text()]).toEqual([413, expect.stringContaining('more messages')]);
  });

  test('what lies beyond the reach of its sender', async () => {
    const reach = { environments: ['elsewhere'], services: ['*'] };
    sut = new TestApp({
      authorize: async (...given) => {
        const said = await authorize(...given);
        return said.allowed ? { ...said, sender: { ...said.sender, reach } } : said;
      },
    });
    const response = await write('2.0', series('a', {}, 1));
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('out-of-reach')]);
    expect(sut.observed).toEqual([]);
  });
});

test('without a message in its type it is version 1.0, as senders were before there were two', async () => {
  const headers = { ...writeHeaders('1.0'), 'content-type': 'application/x-protobuf' };
  const body = snapped(encodeWrite('1.0', [series('a', {}, 1)]));
  expect((await sut.post(path, body, headers)).status).toBe(204);
  expect(sut.observed).toHaveLength(1);
});

test('a histogram that is cut by the end of a request is one point with the next', async () => {
  const bucket = (le: string, value: number) => series('lag_bucket', { le }, value);
  await write('1.0', bucket('1', 2), bucket('2', 3));
  expect(sut.observed).toEqual([]);
  await write('1.0', bucket('+Inf', 4), series('lag_sum', {}, 9), series('lag_count', {}, 4));
  expect(sut.observed).toMatchObject([{ kind: 'histogram', bounds: [1, 2], bucketCounts: [2, 1, 1] }]);
});
