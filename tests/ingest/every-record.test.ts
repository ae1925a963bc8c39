// Every kind of record that a sender may have: what is answered with success is found again in something that people see
// (here the series of the API, from real history), or the answer says which part is not, and why.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHistory } from '../../adapters/clickhouse/history.ts';
import type { HistoryStore } from '../../adapters/store-vendor.ts';
import type { SeriesKind } from '../../api/ports/telemetry.ts';
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import type { OtlpSignal } from '../../ingest/otlp/decode.ts';
import { TestApp } from './support/app.ts';
import {
  attribute,
  encodeRequest,
  type Json,
  logsRequest,
  metricsRequest,
  nano,
  nowMs,
  span,
  tracesRequest,
} from './support/otlp.ts';

const minute = 60_000;
const chdbPath = mkdtempSync(join(tmpdir(), 'sentinel-every-record-'));
let history: HistoryStore;
beforeAll(() => {
  history = createHistory({ chdbPath, lingerMs: 1 });
});
afterAll(async () => {
  await history.close();
  rmSync(chdbPath, { recursive: true, force: true });
});

const newApp = (): TestApp =>
  new TestApp({ detection: createDetectionEngine(detectionConfigSchema.parse({})), history });

async function send(app: TestApp, signal: OtlpSignal, request: Json): Promise<unknown> {
  const answer = await app.post(`/v1/${signal}`, encodeRequest(signal, 'json', request), {
    'content-type': 'application/json',
  });
  expect(answer.status).toBe(200);
  return await answer.json();
}

/** Lets everything that is open be closed and written. */
async function settle(app: TestApp): Promise<void> {
  for (let second = 0; second < 40; second += 1) {
    app.clock.current += 1_000;
    await app.pipeline.tick();
  }
  await app.pipeline.settle();
}

async function seen(kind: SeriesKind, service: string): Promise<string[]> {
  const { series } = await history.series({
    kind,
    environment: 'default-env',
    service,
    fromMs: nowMs - 2 * 60 * minute,
    toMs: nowMs + 20 * minute,
    stepMs: 1_000,
  });
  return series
    .map(({ name, points }) => `${name}: ${points.map(({ value }) => value).join(' ')}`)
    .toSorted();
}

const of = (service: string): Json => ({ attributes: [attribute('service.name', service)] });
const at = (offsetMs: number): Json => ({
  startTimeUnixNano: nano(nowMs - 90 * minute),
  timeUnixNano: nano(nowMs + offsetMs),
});
/** One metric of two points, ten seconds apart. */
const twice = (kind: string, first: Json, second: Json, rest: Json = {}): Json => ({
  name: 'm',
  [kind]: {
    ...rest,
    dataPoints: [
      { ...at(-10_000), ...first },
      { ...at(0), ...second },
    ],
  },
});
const cumulative = { aggregationTemporality: 2, isMonotonic: true };
const delta = { aggregationTemporality: 1, isMonotonic: true };

describe('metrics', () => {
  test.each<[string, Json, string[]]>([
    ['gauge', twice('gauge', { asInt: '3' }, { asDouble: 4.5 }), ['m: 3 4.5']],
    [
      'sum-that-falls',
      twice('sum', { asInt: '3' }, { asInt: '-4' }, { aggregationTemporality: 2 }),
      ['m: 3 -4'],
    ],
    ['counter', twice('sum', { asInt: '100' }, { asInt: '150' }, cumulative), ['m.rate: 5']],
    [
      'delta',
      {
        name: 'm',
        sum: {
          ...delta,
          dataPoints: [{ ...at(0), startTimeUnixNano: nano(nowMs - 10_000), asInt: '50' }],
        },
      },
      ['m.rate: 5'],
    ],
    [
      'histogram',
      twice(
        'histogram',
        { count: '0', bucketCounts: ['0', '0'], explicitBounds: [10] },
        { count: '20', bucketCounts: ['20', '0'], explicitBounds: [10] },
        cumulative,
      ),
      ['m.p50: 5', 'm.p95: 9.5', 'm.rate: 2'],
    ],
    [
      'exponential',
      twice(
        'exponentialHistogram',
        { count: '1', scale: 0, positive: { offset: 2, bucketCounts: ['1'] } },
        { count: '21', scale: 0, positive: { offset: 1, bucketCounts: ['20', '1'] } },
        cumulative,
      ),
      ['m.p50: 3', 'm.p95: 3.9', 'm.rate: 2'],
    ],
    ['summary', twice('summary', { count: '100' }, { count: '150' }), ['m.count.rate: 5']],
  ])('%s', async (service, metric, found) => {
    const app = newApp();
    expect(await send(app, 'metrics', metricsRequest([metric], of(service)))).toEqual({});
    await settle(app);
    expect(await seen('metrics', service)).toEqual(found);
  });

  test('a histogram of served requests is calls, when its service sends no spans', async () => {
    const app = newApp();
    const point = (second: number) => ({
      name: 'http.server.request.duration',
      unit: 's',
      histogram: {
        ...cumulative,
        dataPoints: [
          {
            ...at(second * 1_000),
            count: String(10 * (second + 1)),
            bucketCounts: [String(10 * (second + 1)), '0'],
            explicitBounds: [1],
            attributes: [attribute('http.response.status_code', '503')],
          },
        ],
      },
    });
    for (const second of [0, 20, 40]) {
      app.clock.current = nowMs + second * 1_000;
      await send(app, 'metrics', metricsRequest([point(second)], of('served')));
    }
    await settle(app);
    expect(await seen('calls', 'served')).toContain('errors: 200 200');
  });

  test.each<[string, number]>([
    ['two-minutes-ahead', 2 * minute],
    ['five-minutes-ahead', 5 * minute],
    ['twenty-minutes-old', -20 * minute],
    ['fifty-nine-minutes-old', -59 * minute],
    ['nine-minutes-ahead', 9 * minute],
  ])('of a clock that is off: %s', async (service, offsetMs) => {
    const app = newApp();
    const gauge = { name: 'm', gauge: { dataPoints: [{ ...at(offsetMs), asInt: '1' }] } };
    expect(await send(app, 'metrics', metricsRequest([gauge], of(service)))).toEqual({});
    await app.pipeline.settle();
    expect(await seen('metrics', service)).toEqual(['m: 1']);
  });

  test.each<[string, number, string]>([
    ['an hour and more', -61 * minute, 'too-old'],
    ['more than ten minutes ahead', 11 * minute, 'in-future'],
  ])('%s: the answer says so', async (_, offsetMs, reason) => {
    const gauge = { name: 'm', gauge: { dataPoints: [{ ...at(offsetMs), asInt: '1' }] } };
    expect(await send(newApp(), 'metrics', metricsRequest([gauge], of('off')))).toEqual({
      partialSuccess: {
        rejectedDataPoints: '1',
        errorMessage: `1 rejected: 1 ${reason}; first: metric m (${reason})`,
      },
    });
  });
});

describe('spans', () => {
  const call = (fields: Json, offsetMs = 0): Json =>
    span({
      startTimeUnixNano: nano(nowMs + offsetMs - 20),
      endTimeUnixNano: nano(nowMs + offsetMs),
      ...fields,
    });

  test.each<[string, Json]>([
    ['server', { kind: 2 }],
    ['client', { kind: 3 }],
    ['producer', { kind: 4 }],
    ['consumer', { kind: 5 }],
    ['unspecified', { kind: 0 }],
    ['without-kind', { kind: undefined }],
    ['internal-root', { kind: 1 }],
    ['internal-of-a-remote-parent', { kind: 1, parentSpanId: '00f067aa0ba902b7', flags: 0x300 }],
  ])('%s', async (service, fields) => {
    const app = newApp();
    expect(await send(app, 'traces', tracesRequest([call(fields)], of(service)))).toEqual({});
    await settle(app);
    expect(await seen('calls', service)).toContain('calls: 1');
  });

  test.each<[string, number]>([
    ['ahead', 5 * minute],
    ['old', -20 * minute],
  ])('of a clock that is off, one export after the other: %s', async (name, offsetMs) => {
    const app = newApp();
    for (const second of [1, 2, 3, 4]) {
      const [traceId, spanId] = [`${second}`.repeat(32), `${second}`.repeat(16)];
      const spans = [call({ traceId, spanId }, offsetMs + second * 1_000)];
      app.clock.current = nowMs + second * 1_000;
      expect(await send(app, 'traces', tracesRequest(spans, of(`spans-${name}`)))).toEqual({});
    }
    await settle(app);
    expect(await seen('calls', `spans-${name}`)).toContain('calls: 1 1 1 1');
  });

  test('kept by a collector that was cut off, while its service goes on', async () => {
    const app = newApp();
    const traceId = (digit: string) => digit.repeat(32);
    const spans = [call({ traceId: traceId('a') })];
    await send(app, 'traces', tracesRequest(spans, of('cut-off')));
    await settle(app);
    for (const [index, digit] of ['b', 'c', 'd'].entries()) {
      const kept = [call({ traceId: traceId(digit) }, -20 * minute + index * 1_000)];
      expect(await send(app, 'traces', tracesRequest(kept, of('cut-off')))).toEqual({});
    }
    await settle(app);
    expect(await seen('calls', 'cut-off')).toContain('calls: 1 1 1 1');
    // Of a second that history has already, the answer says that it is too late.
    const again = [call({ traceId: traceId('e'), spanId: 'eeeeeeeeeeeeeeee' })];
    expect(await send(app, 'traces', tracesRequest(again, of('cut-off')))).toMatchObject({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('late-span') },
    });
  });
});

describe('log records', () => {
  test.each<[string, Json, string]>([
    ['text', { body: { stringValue: 'disk is full' } }, 'disk is full: 1'],
    ['json', { body: { stringValue: '{"level":"error","msg":"disk is full"}' } }, 'disk is full: 1'],
    ['map', { body: { kvlistValue: { values: [attribute('message', 'disk is full')] } } }, 'disk is full: 1'],
    ['list', { body: { arrayValue: { values: [{ stringValue: 'disk' }] } } }, 'disk: 1'],
    ['number', { body: { intValue: '7' } }, '<n>: 1'],
    ['event', { eventName: 'device.crash' }, 'device.crash: 1'],
    ['nothing', {}, 'log record without words: 1'],
    ['old', { body: { stringValue: 'old' }, timeUnixNano: nano(nowMs - 20 * minute) }, 'old: 1'],
    ['ahead', { body: { stringValue: 'ahead' }, timeUnixNano: nano(nowMs + 5 * minute) }, 'ahead: 1'],
  ])('%s', async (service, record, found) => {
    const app = newApp();
    expect(await send(app, 'logs', logsRequest([record], of(service)))).toEqual({});
    await settle(app);
    expect(await seen('logs', service)).toEqual([found]);
  });
});
