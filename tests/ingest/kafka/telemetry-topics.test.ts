// Topics that are read together: a service may be on all of their partitions, and detection sees it as one.

import { beforeEach, expect, test } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import type { StreamDeps } from '../../../ingest/kafka/detection-stream.ts';
import type { DeadLetter, OpenWorker, PartitionWorker, StreamRecord } from '../../../ingest/kafka/ports.ts';
import { readOtlp } from '../../../ingest/kafka/read-records.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { decodeServices } from '../../../ingest/kafka/services-seen.ts';
import { telemetryTopics } from '../../../ingest/kafka/telemetry-topics.ts';
import { defaultLimits } from '../../../ingest/limits.ts';
import {
  MemoryClock,
  MemoryEpisodes,
  MemoryHistory,
  MemoryInbox,
  MemoryLearnt,
  MemoryMetrics,
  MemoryReplays,
  silentLog,
} from '../support/memory.ts';
import {
  attribute,
  encodeRequest,
  gauge,
  logsRequest,
  metricsRequest,
  nano,
  shop,
  span,
  tracesRequest,
} from '../support/otlp.ts';

const startMs = Date.UTC(2030, 0, 2, 3, 4, 5);

let clock: MemoryClock;
let inbox: MemoryInbox;
let history: MemoryHistory;
let metrics: MemoryMetrics;
let letters: DeadLetter[];
let refused: { service: string; reason: string; records: number }[];
let resources: string[];
let offset: bigint;

beforeEach(() => {
  clock = new MemoryClock(startMs);
  inbox = new MemoryInbox(clock);
  history = new MemoryHistory();
  metrics = new MemoryMetrics();
  letters = [];
  refused = [];
  resources = [];
  offset = 0n;
});

function topics(): OpenWorker {
  const deps: StreamDeps = {
    schemas: recordSchemas(defaultLimits),
    limits: defaultLimits,
    defaultEnvironment: 'test',
    deadLetters: { put: async (more) => void letters.push(...more) },
    replays: new MemoryReplays(),
    detection: detectionConfigSchema.parse({}),
    inbox,
    episodes: new MemoryEpisodes(),
    history,
    notes: {
      refused: ({ service, reason, records }) => refused.push({ service, reason, records }),
      resource: ({ resourceId }) => resources.push(resourceId),
    },
    wake: () => {},
    warmMs: 600_000,
    learnt: new MemoryLearnt(),
    learntMs: 60_000,
    maxWaitingRows: 10_000,
    maxWaitingAnomalies: 100,
    clock,
    metrics,
    log: silentLog,
  };
  return telemetryTopics(deps, () => readOtlp({ encoding: 'protobuf', signal: null }, deps));
}

const record = (signal: 'metrics' | 'logs' | 'traces', request: object): StreamRecord => {
  offset += 1n;
  const value = encodeRequest(signal, 'protobuf', request as Record<string, unknown>);
  return { offset, timestampMs: clock.current, key: null, value };
};

/** Half of the calls of the second that begins at `secondMs`. */
function calls(secondMs: number, half: number): StreamRecord {
  const spans = Array.from({ length: 10 }, (_, index) =>
    span({
      spanId: (half * 10 + index + 1).toString(16).padStart(16, '0'),
      traceId: (BigInt(secondMs) * 100n + BigInt(half * 10 + index)).toString(16).padStart(32, '0'),
      startTimeUnixNano: nano(secondMs + index * 40),
      endTimeUnixNano: nano(secondMs + index * 40 + 30),
    }),
  );
  return record('traces', tracesRequest(spans));
}

async function play(workers: readonly PartitionWorker[], from: number, to: number): Promise<void> {
  for (let second = from; second < to; second += 1) {
    clock.current = startMs + second * 1_000 + 700;
    for (const [half, worker] of workers.entries())
      await worker.take([calls(startMs + second * 1_000, half)]);
    for (const worker of workers) await worker.tick();
  }
}

const spansOf = (partition: number) => ({ topic: 'otlp_spans', partition });
const callsOf = (service: string): number[] => {
  const bySecond = new Map<number, number>();
  for (const rows of history.rows)
    for (const row of rows.calls) if (row.service === service) bySecond.set(row.atMs, row.count);
  return [...bySecond].sort(([a], [b]) => a - b).map(([, count]) => count);
};
const anomalies = (): Anomaly[] =>
  [...inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));

test('the calls of a service are one series, whichever partition they come on; each partition commits its own', async () => {
  const open = topics();
  const workers = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play(workers, 0, 40);
  expect(new Set(callsOf('orders'))).toEqual(new Set([20]));
  expect(callsOf('orders').length).toBeGreaterThan(20);
  const [first, second] = workers.map((worker) => worker.durable());
  expect(first?.nextOffset).toBeGreaterThan(20n);
  expect(second?.nextOffset).toBe((first?.nextOffset ?? 0n) + 1n);
  for (const durable of [first, second])
    expect(decodeServices(durable?.metadata ?? '').get('prod')).toEqual(['orders']);
  expect(metrics.counts.get('sentinel_ingest_observations_total{traces}')).toBe(40 * 20);
  expect(resources).toEqual([]);
});

test('records that wait on one partition are no silence of what came on the other', async () => {
  const open = topics();
  const workers = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play(workers, 0, 60);
  const wait = async (seconds: number, ...idle: readonly PartitionWorker[]) => {
    for (let second = 0; second < seconds; second += 1) {
      clock.current += 1_000;
      for (const worker of idle) await worker.tick();
    }
  };
  const [first, second] = workers as [PartitionWorker, PartitionWorker];
  await wait(120, first);
  expect(anomalies()).toEqual([]);
  await wait(120, first, second);
  expect(anomalies().map(({ signal }) => signal)).toContain('absence');
});

test('time passes when all have been read to their end since it passed last, and no sooner', async () => {
  const open = topics();
  const [first, second] = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play([first, second], 0, 20);
  await first.tick();
  await first.take([calls(startMs + 20_000, 0)]);
  clock.current += 60_000;
  const rows = history.rows.length;
  await second.tick();
  expect(history.rows).toHaveLength(rows);
  await first.tick();
  expect(history.rows.length).toBeGreaterThan(rows);
});

test('a partition that goes is not waited for', async () => {
  const open = topics();
  const [first, second] = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play([first, second], 0, 60);
  second.close?.();
  for (let more = 0; more < 120; more += 1) {
    clock.current += 1_000;
    await first.tick();
  }
  expect(anomalies().map(({ signal }) => signal)).toContain('absence');
});

test('a successor misses the services of all partitions, once each', async () => {
  const open = topics();
  const workers = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play(workers, 0, 60);
  // What the other partitions committed was before anything of the service came.
  const metadata = workers[0]?.durable()?.metadata ?? '';
  const openAgain = topics();
  const idle = [
    await openAgain(spansOf(0), ''),
    await openAgain(spansOf(1), metadata),
    await openAgain(spansOf(2), ''),
  ];
  for (let more = 0; more < 120; more += 1) {
    clock.current += 1_000;
    for (const worker of idle) await worker.tick();
  }
  expect(anomalies().filter(({ signal }) => signal === 'absence')).toHaveLength(1);
});

test('delivered again after a rebalance, to the same process: nothing is counted twice', async () => {
  const worker = await topics()(spansOf(0), '');
  const record = calls(startMs, 0);
  clock.current += 1_000;
  await worker.take([record]);
  await worker.take([record, calls(startMs, 1)]);
  expect(metrics.counts.get('sentinel_ingest_observations_total{traces}')).toBe(20);
});

test('what detection has no use for is counted with its own signal', async () => {
  const worker = await topics()(spansOf(0), '');
  await play([worker], 0, 40);
  const queue = metricsRequest([gauge('queue', { timeUnixNano: nano(clock.current), asDouble: 1 })]);
  await worker.take([record('metrics', queue), calls(startMs + 1_000, 1)]);
  expect(metrics.counts.get('sentinel_ingest_rejected_total{traces,late-span}')).toBe(10);
  expect(refused).toContainEqual({ service: 'orders', reason: 'late-span', records: 10 });
});

test('partitions that went and came back know nothing of what they were before', async () => {
  const open = topics();
  const before = await open(spansOf(0), '');
  await play([before], 0, 30);
  before.close?.();
  const after = await open(spansOf(0), '');
  const other = { attributes: [attribute('service.name', 'payments')] };
  for (let second = 30; second < 60; second += 1) {
    clock.current = startMs + second * 1_000;
    await after.take([
      record(
        'metrics',
        metricsRequest([gauge('queue', { timeUnixNano: nano(clock.current), asDouble: 1 })], other),
      ),
    ]);
  }
  expect([...decodeServices(after.durable()?.metadata ?? '').values()]).toEqual([['payments']]);
});

test('all of them gone and come back: what is delivered again counts once', async () => {
  const open = topics();
  const before = [await open(spansOf(0), ''), await open(spansOf(1), '')];
  await play(before, 0, 30);
  const committed = before.map((worker) => worker.durable());
  for (const worker of before) worker.close?.();
  const after = await Promise.all(
    committed.map((durable, partition) => open(spansOf(partition), durable?.metadata ?? '')),
  );
  offset = (committed[0]?.nextOffset ?? 0n) - 1n;
  const from = Number(offset / 2n);
  expect(from).toBeGreaterThan(5);
  clock.current += 1_000;
  for (let second = from; second < 30; second += 1)
    for (const [half, worker] of after.entries()) await worker.take([calls(startMs + second * 1_000, half)]);
  await play(after, 31, 60);
  expect(callsOf('orders').slice(0, 30)).toEqual(Array(30).fill(20));
  expect(after[1]?.durable()?.nextOffset).toBeGreaterThan(60n);
});

test('metrics and logs beside it: points that cannot be used are counted, and poison is a dead letter', async () => {
  const worker = await topics()({ topic: 'otlp', partition: 0 }, '');
  const late = gauge('late', { timeUnixNano: nano(startMs - 7_200_000), asDouble: 1 });
  const body = { stringValue: 'it broke' };
  const host = {
    attributes: [...(shop.attributes as object[]), { key: 'host.name', value: { stringValue: 'h1' } }],
  };
  await worker.take([
    record(
      'metrics',
      metricsRequest([gauge('queue', { timeUnixNano: nano(startMs), asDouble: 1 }), late], host),
    ),
    { ...record('logs', {}), value: Buffer.from([0xff, 0xff]) },
    record('logs', logsRequest([{ timeUnixNano: nano(startMs), body }])),
  ]);
  expect(letters).toMatchObject([{ reason: 'not-otlp', source: { topic: 'otlp' }, record: { offset: 2n } }]);
  const count = (name: string): number | undefined => metrics.counts.get(name);
  expect(count('sentinel_ingest_observations_total{metrics}')).toBe(1);
  expect(count('sentinel_ingest_observations_total{logs}')).toBe(1);
  expect(count('sentinel_ingest_rejected_total{metrics,too-old}')).toBe(1);
  expect(refused).toContainEqual({ service: 'orders', reason: 'too-old', records: 1 });
  expect(resources).toEqual(['orders-1']);
});
