// History on the real engine, embedded in this process.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../adapters/clickhouse/connection.ts';
import { HistoryUnavailable } from '../../../adapters/clickhouse/errors.ts';
import { createHistory } from '../../../adapters/clickhouse/history.ts';
import { migrate } from '../../../adapters/clickhouse/schema.ts';
import type { HistoryStore } from '../../../adapters/store-vendor.ts';
import { startHttpFront } from '../../../bench/support/clickhouse-front.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../../domain/telemetry.ts';
import type { HistoryRows } from '../../../ingest/ports.ts';
import { anomaly } from '../../ingest/support/memory.ts';
import { naughtyStrings } from '../../ingest/support/naughty.ts';

/** The engine takes one data directory per process; databases keep the tests apart. */
const chdbPath = mkdtempSync(join(tmpdir(), 'sentinel-history-'));
const nowMs = Math.floor(Date.now() / 1000) * 1000;
const opened: HistoryStore[] = [];
const open = (database: string, more: { maxRows?: number; retentionHours?: number } = {}): HistoryStore => {
  const history = createHistory({ chdbPath, database, lingerMs: 1, ...more });
  opened.push(history);
  return history;
};
afterAll(async () => {
  for (const history of opened) await history.close();
  rmSync(chdbPath, { recursive: true, force: true });
});

const call = (fields: Partial<CallBucket> = {}): CallBucket => ({
  atMs: nowMs,
  service: 'orders',
  instance: 'orders-1',
  side: 'server',
  peer: '',
  count: 20,
  errors: 3,
  ownErrors: 2,
  latencyP50Ms: 3.25,
  latencyP95Ms: 40.5,
  selfTimeP50Ms: 1.125,
  ...fields,
});
const metric = (fields: Partial<MetricBucket> = {}): MetricBucket => ({
  atMs: nowMs,
  service: 'orders',
  instance: 'orders-1',
  metric: 'pool.used',
  attributes: 'pool=main',
  value: 7.5,
  ...fields,
});
const log = (fields: Partial<LogBucket> = {}): LogBucket => ({
  atMs: nowMs,
  service: 'orders',
  templateId: 't1',
  template: 'payment <*> failed',
  severityNumber: 17,
  count: 4,
  ...fields,
});
const rows = (fields: Partial<HistoryRows>): HistoryRows => ({
  environment: 'prod',
  calls: [],
  metrics: [],
  logs: [],
  anomalies: [],
  ...fields,
});
const lastMinute = { environment: 'prod', fromMs: nowMs - 60_000, toMs: nowMs + 1_000 };

describe('what is written is read back', () => {
  let history: HistoryStore;
  beforeAll(() => {
    history = open('readback');
  });

  test('every field of every kind', async () => {
    const client = call({ side: 'client', peer: 'payments' });
    const outside = log({ templateId: 't2', fromOutside: true });
    const found = anomaly('a1', { onsetMs: nowMs, detectedMs: nowMs + 500 });
    await history.write(
      rows({ calls: [call(), client], metrics: [metric()], logs: [log(), outside], anomalies: [found] }),
    );
    expect(await history.calls(lastMinute)).toEqual(expect.arrayContaining([call(), client]));
    expect(await history.metrics(lastMinute)).toEqual([metric()]);
    const logs = await history.logs(lastMinute);
    expect(logs).toHaveLength(2);
    expect(logs).toEqual(expect.arrayContaining([log(), outside]));
    const raw = await connect({ chdbPath });
    const result = await raw.query({
      query: 'SELECT id, state, score FROM readback.anomalies',
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ id: 'a1', state: 'firing', score: 50 }]);
    await raw.close();
  });

  test('rows written again (after a lost answer) count once', async () => {
    await history.write(rows({ calls: [call()] }));
    await history.write(rows({ calls: [call()] }));
    const found = await history.calls(lastMinute, ['orders']);
    expect(found.filter(({ side }) => side === 'server')).toEqual([call()]);
  });

  test('only the environment, the services and the time asked for; the end is exclusive', async () => {
    const other = call({ service: 'payments' });
    await history.write(
      rows({ environment: 'test', calls: [call(), other, call({ atMs: nowMs - 5_000, slow: 2 })] }),
    );
    const range = { environment: 'test', fromMs: nowMs - 5_000, toMs: nowMs };
    expect(await history.calls(range)).toEqual([call({ atMs: nowMs - 5_000, slow: 2 })]);
    expect(await history.calls({ ...range, toMs: nowMs + 1 }, ['payments'])).toEqual([other]);
    expect(await history.calls({ ...range, toMs: nowMs + 1 }, [])).toEqual([]);
    expect(await history.environments(nowMs - 60_000)).toEqual(['prod', 'test']);
    expect(await history.environments(nowMs + 60_000)).toEqual([]);
  });

  test('many callers at once: each hears of its own rows', async () => {
    const range = { environment: 'many', fromMs: nowMs - 1_000_000, toMs: nowMs + 1 };
    const writes = Array.from({ length: 200 }, (_, index) =>
      history.write(rows({ environment: 'many', metrics: [metric({ atMs: nowMs - index * 1_000 })] })),
    );
    await Promise.all(writes);
    const found = await history.metrics(range);
    expect(found).toHaveLength(200);
    expect(found.map(({ atMs }) => atMs)).toEqual(found.map(({ atMs }) => atMs).sort((a, b) => a - b));
  });

  test('hostile text is data, in rows and in queries', async () => {
    const names = [
      ...naughtyStrings.filter((name) => name !== ''),
      "x'; DROP TABLE calls; --",
      '{environment:String}',
      '\ud800',
    ];
    await history.write(
      rows({ environment: 'naughty', metrics: names.map((name) => metric({ service: name, metric: name })) }),
    );
    const range = { environment: 'naughty', fromMs: nowMs, toMs: nowMs + 1 };
    const found = await history.metrics(range);
    expect(new Set(found.map(({ service }) => service))).toEqual(
      new Set(names.map((name) => name.toWellFormed())),
    );
    for (const name of names.slice(0, 60)) {
      const mine = await history.metrics(range, [name.toWellFormed()]);
      expect(mine.map(({ service }) => service)).toEqual([name.toWellFormed()]);
    }
    expect(await history.metrics({ ...range, environment: "naughty' OR '1'='1" })).toEqual([]);
  });
});

test('the latest sample of every series is found, of the metrics that are asked for', async () => {
  const history = open('latest');
  const row = (value: number, atMs: number, more: Partial<MetricBucket> = {}) =>
    metric({ metric: 'process.memory.usage', attributes: '', value, atMs, ...more });
  const calls: CallBucket[] = [];
  const logs: LogBucket[] = [];
  const own = { calls, logs, anomalies: [] };
  const metrics = [
    row(1, nowMs - 2_000),
    row(3, nowMs),
    row(2, nowMs - 1_000),
    row(9, nowMs, { metric: 'other' }),
  ];
  await history.write({ ...own, environment: 'production', metrics });
  await history.write({
    ...own,
    environment: 'staging',
    metrics: [row(5, nowMs - 1_000), row(4, nowMs - 99_000)],
  });
  const latest = await history.latest(['process.memory.usage'], nowMs - 60_000);
  expect(latest.map(({ environment, atMs, value }) => [environment, atMs, value])).toEqual([
    ['production', nowMs, 3],
    ['staging', nowMs - 1_000, 5],
  ]);
  expect(await history.latest(['process.memory.usage'], nowMs + 1)).toEqual([]);
});

test('a query returns at most maxRows: the newest', async () => {
  const history = open('bounded', { maxRows: 3 });
  const times = [0, 1, 2, 3, 4].map((second) => nowMs - second * 1_000);
  await history.write(rows({ metrics: times.map((atMs) => metric({ atMs })) }));
  const found = await history.metrics(lastMinute);
  expect(found.map(({ atMs }) => atMs)).toEqual([nowMs - 2_000, nowMs - 1_000, nowMs]);
});

test('tables are made once, found again, and follow a changed retention', async () => {
  const first = open('again', { retentionHours: 24 });
  await first.write(rows({ calls: [call()] }));
  const second = open('again', { retentionHours: 48 });
  expect(await second.calls(lastMinute)).toEqual([call()]);
  const raw = await connect({ chdbPath });
  await migrate(raw, 'again', 48);
  const query = "SELECT create_table_query AS made FROM system.tables WHERE database = 'again'";
  const tables = await (await raw.query({ query, format: 'JSONEachRow' })).json<{ made: string }>();
  expect(tables).toHaveLength(4);
  for (const { made } of tables) expect(made).toContain('toIntervalHour(48)');
  await raw.close();
});

test('tables of an earlier version get the columns that came since, and keep their rows', async () => {
  const earlier = open('earlier');
  await earlier.write(rows({ logs: [log()] }));
  const raw = await connect({ chdbPath });
  await raw.command({ query: 'ALTER TABLE earlier.logs DROP COLUMN from_outside' });
  const later = open('earlier');
  const outside = log({ templateId: 't2', fromOutside: true });
  await later.write(rows({ logs: [outside] }));
  const found = await later.logs(lastMinute);
  expect(found).toHaveLength(2);
  expect(found).toEqual(expect.arrayContaining([log(), outside]));
  // A process of the earlier version writes on.
  const environment = 'prod';
  await raw.insert({
    table: 'earlier.logs',
    columns: ['environment', 'service', 'ts', 'template_id', 'template', 'severity_number', 'records'],
    values: [[environment, 'orders', nowMs, 't3', 'x', 9, 1]],
    format: 'JSONCompactEachRow',
  });
  expect(await later.logs(lastMinute)).toContainEqual(
    log({ templateId: 't3', template: 'x', severityNumber: 9, count: 1 }),
  );
  await raw.close();
});

test('a database name that is not a plain identifier is refused', () => {
  expect(() => createHistory({ chdbPath, database: 'a; DROP' })).toThrow('not a plain identifier');
});

describe('a server by URL', () => {
  test('is written and read like the embedded engine', async () => {
    const engine = await connect({ chdbPath });
    const front = await startHttpFront(engine);
    const history = createHistory({ url: front.url, database: 'by_url', lingerMs: 1 });
    await history.ping();
    const hostile = metric({ service: "it's a \\ 'trap'" });
    await history.write(
      rows({ calls: [call()], metrics: [metric(), hostile], logs: [log()], anomalies: [anomaly('a1')] }),
    );
    expect(await history.calls(lastMinute)).toEqual([call()]);
    expect(await history.metrics(lastMinute, [hostile.service, 'nobody'])).toEqual([hostile]);
    expect(await history.logs(lastMinute, ['orders'])).toEqual([log()]);
    expect(await history.environments(nowMs - 1_000)).toEqual(['prod']);
    await history.close();
    await front.close();
    await engine.close();
  });

  test('an error of the engine is HistoryUnavailable too; lost tables are made again at the next use', async () => {
    const engine = await connect({ chdbPath });
    const front = await startHttpFront(engine);
    const history = createHistory({ url: front.url, database: 'by_url_gone', lingerMs: 1 });
    await history.write(rows({ calls: [call()] }));
    await engine.command({ query: 'DROP DATABASE by_url_gone' });
    await expect(history.calls(lastMinute)).rejects.toThrow(HistoryUnavailable);
    await history.write(rows({ calls: [call()] }));
    expect(await history.calls(lastMinute)).toEqual([call()]);
    await history.close();
    await front.close();
    await engine.close();
  });
});

describe('a server that is away', () => {
  test('is HistoryUnavailable for every method, and says why', async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const history = createHistory({ url: `http://127.0.0.1:${port}`, lingerMs: 1, requestTimeoutMs: 2_000 });
    await expect(history.ping()).rejects.toThrow(HistoryUnavailable);
    await expect(history.calls(lastMinute)).rejects.toThrow(/could not read calls from history: .+/);
    await expect(history.write(rows({ calls: [call()] }))).rejects.toThrow(/could not write history: .+/);
    await history.close();
    await expect(history.ping()).rejects.toThrow('history is closed');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('series for people', () => {
  const fromMs = nowMs - 60_000;
  const ask = {
    environment: 'prod',
    service: 'orders',
    fromMs,
    toMs: nowMs + 1_000,
    stepMs: 10_000,
  } as const;
  const firstStepMs = Math.floor(fromMs / 10_000) * 10_000;
  let history: HistoryStore;
  beforeAll(async () => {
    history = open('series');
    const at = [firstStepMs + 10_000, firstStepMs + 11_000, firstStepMs + 20_000];
    await history.write(
      rows({
        calls: [
          call({ atMs: at[0], count: 10, errors: 1, latencyP50Ms: 10, latencyP95Ms: 20 }),
          call({
            atMs: at[1],
            instance: 'orders-2',
            count: 30,
            errors: 2,
            latencyP50Ms: 30,
            latencyP95Ms: 50,
          }),
          call({ atMs: at[2], count: 5, errors: 0, latencyP50Ms: 1, latencyP95Ms: 2 }),
          call({ atMs: at[0], side: 'client', peer: 'payments', count: 4 }),
          call({ atMs: at[0], service: 'billing', count: 99 }),
          call({ atMs: fromMs - 60_000, count: 99 }),
        ],
        metrics: [
          metric({ atMs: at[0], value: 2 }),
          metric({ atMs: at[1], value: 4 }),
          metric({ atMs: at[0], metric: 'other', value: 1 }),
        ],
        logs: [log({ atMs: at[0], count: 3 }), log({ atMs: at[1], count: 4 })],
      }),
    );
  });

  test('calls of all instances come together, in whole steps, by side and peer', async () => {
    const { series, truncated } = await history.series({ ...ask, kind: 'calls' });
    expect(truncated).toBe(false);
    const of = (name: string, side: string) =>
      series.find((one) => one.name === name && one.labels.side === side);
    const [first, second] = [firstStepMs + 10_000, firstStepMs + 20_000];
    const server = { labels: { side: 'server' } };
    expect(of('calls', 'server')).toMatchObject({
      ...server,
      points: [
        { atMs: first, value: 40 },
        { atMs: second, value: 5 },
      ],
    });
    expect(of('errors', 'server')?.points).toEqual([
      { atMs: first, value: 3 },
      { atMs: second, value: 0 },
    ]);
    expect(of('latencyP50Ms', 'server')?.points[0]).toEqual({ atMs: first, value: 25 });
    expect(of('latencyP95Ms', 'server')?.points[0]).toEqual({ atMs: first, value: 50 });
    expect(of('calls', 'client')).toMatchObject({
      labels: { peer: 'payments' },
      points: [{ atMs: first, value: 4 }],
    });
  });

  test('metrics are averaged by instance and attributes; one can be asked for by name', async () => {
    const { series } = await history.series({ ...ask, kind: 'metrics', metric: 'pool.used' });
    expect(series).toEqual([
      {
        name: 'pool.used',
        labels: { instance: 'orders-1', attributes: 'pool=main' },
        points: [{ atMs: firstStepMs + 10_000, value: 3 }],
      },
    ]);
    const all = await history.series({ ...ask, kind: 'metrics' });
    expect(all.series.map(({ name }) => name).toSorted()).toEqual(['other', 'pool.used']);
  });

  test('logs are counted by template', async () => {
    const { series } = await history.series({ ...ask, kind: 'logs' });
    expect(series).toMatchObject([
      { name: 'payment <*> failed', labels: { template_id: 't1' }, points: [{ value: 7 }] },
    ]);
  });

  test('hostile names find nothing and break nothing', async () => {
    for (const text of naughtyStrings.slice(0, 200)) {
      const found = await history.series({ ...ask, service: text, kind: 'metrics', metric: text });
      expect(found).toEqual({ series: [], truncated: false });
    }
  });
});
