import { beforeEach, expect, test } from 'vitest';
import type { DetectionOutput } from '../../domain/detection/output.ts';
import { createDelivery, type Delivery } from '../../ingest/delivery.ts';
import {
  anomaly,
  MemoryClock,
  MemoryEpisodes,
  MemoryHistory,
  MemoryInbox,
  MemoryMetrics,
  silentLog,
} from './support/memory.ts';

const nothing: DetectionOutput = { rows: [], anomalies: [], edges: [], dropped: {} };
const metric = (value: number) => ({
  atMs: 1_000,
  service: 's',
  instance: '',
  metric: 'm',
  attributes: '',
  value,
});
const rows = (...values: number[]): DetectionOutput => ({
  ...nothing,
  rows: [{ environment: 'prod', calls: [], metrics: values.map(metric), logs: [] }],
});

let inbox: MemoryInbox;
let episodes: MemoryEpisodes;
let history: MemoryHistory;
let metrics: MemoryMetrics;
let delivery: Delivery;
let wakes: number;

beforeEach(() => {
  inbox = new MemoryInbox(new MemoryClock(0));
  episodes = new MemoryEpisodes();
  history = new MemoryHistory();
  metrics = new MemoryMetrics();
  wakes = 0;
  delivery = createDelivery({
    inbox,
    episodes,
    history,
    metrics,
    log: silentLog,
    wake: () => {
      wakes += 1;
    },
    maxWaitingRows: 3,
    maxWaitingAnomalies: 2,
  });
});

test('anomalies are in the inbox, and the dispatcher is woken', async () => {
  expect(await delivery.anomalies({ ...nothing, anomalies: [anomaly('a1')] })).toBe(true);
  expect([...inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
  expect(wakes).toBe(1);
  expect(await delivery.anomalies(nothing)).toBe(true);
  expect(wakes).toBe(1);
});

test('anomalies that could not be stored go out with the next request, though detection does not find them again', async () => {
  inbox.down = true;
  expect(await delivery.anomalies({ ...nothing, anomalies: [anomaly('a1')] })).toBe(false);
  expect(delivery.waiting().anomalies).toBe(1);
  expect(await delivery.anomalies(nothing)).toBe(false);
  inbox.down = false;
  expect(await delivery.anomalies(nothing)).toBe(true);
  expect([...inbox.stored.keys()]).toEqual(['anomaly/a1/firing']);
  expect(delivery.waiting().anomalies).toBe(0);
});

test('waiting anomalies are bounded: the oldest are dropped and counted', async () => {
  inbox.down = true;
  for (const id of ['a1', 'a2', 'a3']) await delivery.anomalies({ ...nothing, anomalies: [anomaly(id)] });
  expect(delivery.waiting().anomalies).toBe(2);
  expect(metrics.counts.get('sentinel_ingest_anomalies_dropped_total{}')).toBe(1);
  inbox.down = false;
  await delivery.anomalies(nothing);
  expect([...inbox.stored.keys()]).toEqual(['anomaly/a2/firing', 'anomaly/a3/firing']);
});

test('history gets the rows with the anomalies of their environment', async () => {
  const other = anomaly('a2', { scope: { environment: 'test', service: 's' } });
  expect(await delivery.rows({ ...rows(1), anomalies: [anomaly('a1'), other] })).toBe(true);
  expect(history.rows).toMatchObject([
    { environment: 'prod', metrics: [{ value: 1 }], anomalies: [{ id: 'a1' }] },
    { environment: 'test', metrics: [], anomalies: [{ id: 'a2' }] },
  ]);
});

test('rows that could not be written go out with the next request', async () => {
  history.down = true;
  expect(await delivery.rows(rows(1, 2))).toBe(false);
  history.down = false;
  expect(await delivery.rows(rows(3))).toBe(true);
  expect(history.rows.flatMap((entry) => entry.metrics.map(({ value }) => value))).toEqual([1, 2, 3]);
  expect(delivery.waiting().rows).toBe(0);
});

test('waiting rows are bounded: the oldest are dropped and counted', async () => {
  history.down = true;
  await delivery.rows(rows(1, 2));
  await delivery.rows(rows(3, 4));
  expect(delivery.waiting().rows).toBe(2);
  expect(metrics.counts.get('sentinel_history_rows_dropped_total{}')).toBe(2);
});

test('without history nothing waits', async () => {
  const without = createDelivery({
    inbox,
    episodes,
    history: null,
    metrics,
    log: silentLog,
    wake: () => {},
    maxWaitingRows: 3,
    maxWaitingAnomalies: 2,
  });
  expect(await without.rows(rows(1))).toBe(true);
  expect(without.waiting().rows).toBe(0);
});

test('edges wait for the store and never fail a request', async () => {
  episodes.down = true;
  const edges = [{ environment: 'prod', caller: 'web', callee: 'orders' }];
  await delivery.edges({ ...nothing, edges });
  episodes.down = false;
  await delivery.edges(nothing);
  expect([...episodes.edges]).toEqual(['prod: web → orders']);
});
