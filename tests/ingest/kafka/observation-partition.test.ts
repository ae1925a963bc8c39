// A partition of telemetry with the real detection engine: what may be committed when, and what a successor makes of
// records that are delivered again.

import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { observationPartition } from '../../../ingest/kafka/observation-partition.ts';
import type { DeadLetter, PartitionWorker, StreamRecord } from '../../../ingest/kafka/ports.ts';
import { recordSchemas } from '../../../ingest/kafka/schema.ts';
import { decodeServices } from '../../../ingest/kafka/services-seen.ts';
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

const startMs = Date.UTC(2030, 0, 2, 3, 4, 5);
const position = { topic: 'observations', partition: 0 };
const detection = detectionConfigSchema.parse({ slos: [{ service: 'orders', objective: 0.5 }] });

let clock: MemoryClock;
let inbox: MemoryInbox;
let history: MemoryHistory;
let metrics: MemoryMetrics;
let letters: DeadLetter[];
let deadLettersDown: boolean;
let learnt: MemoryLearnt;

beforeEach(() => {
  clock = new MemoryClock(startMs);
  inbox = new MemoryInbox(clock);
  history = new MemoryHistory();
  metrics = new MemoryMetrics();
  letters = [];
  deadLettersDown = false;
  learnt = new MemoryLearnt();
});

const open = (metadata = '', more: { maxWaitingRows?: number } = {}): Promise<PartitionWorker> =>
  observationPartition({
    schemas: recordSchemas(defaultLimits),
    limits: defaultLimits,
    defaultEnvironment: 'test',
    deadLetters: {
      async put(more) {
        if (deadLettersDown) throw new Error('the dead-letter topic is away');
        letters.push(...more);
      },
    },
    replays: new MemoryReplays(),
    detection,
    inbox,
    episodes: new MemoryEpisodes(),
    history,
    wake: () => {},
    warmMs: 600_000,
    learnt,
    learntMs: 5_000,
    maxWaitingRows: 10_000,
    maxWaitingAnomalies: 100,
    clock,
    metrics,
    log: silentLog,
    ...more,
  })(position, metadata);

/** Calls of two services in the second that begins at `secondMs`; the first fails when told to. */
function calls(secondMs: number, failing: boolean): unknown[] {
  return ['orders', 'payments'].flatMap((service) =>
    Array.from({ length: 20 }, (_, index) => ({
      kind: 'span',
      environment: 'prod',
      service,
      resourceId: `${service}-1`,
      traceId: (BigInt(secondMs) * 1_000n + BigInt(index) + (service === 'orders' ? 1n : 500n))
        .toString(16)
        .padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      spanKind: 'server',
      name: 'GET /',
      start: secondMs + index * 45,
      durationMs: 40,
      error: failing && service === 'orders' && index < 12,
    })),
  );
}

/** Records 2n and 2n + 1 hold the halves of second n. */
function recordsOf(
  second: number,
  failingFrom = Number.POSITIVE_INFINITY,
): readonly [StreamRecord, StreamRecord] {
  const all = calls(startMs + second * 1_000, second >= failingFrom);
  const half = (part: 0 | 1): StreamRecord => ({
    offset: BigInt(2 * second + part),
    timestampMs: startMs + second * 1_000,
    key: Buffer.from('prod/orders'),
    value: Buffer.from(JSON.stringify(all.filter((_, index) => index % 2 === part))),
  });
  return [half(0), half(1)];
}

const secondsOf = (from: number, to: number, failingFrom?: number): readonly StreamRecord[] =>
  Array.from({ length: to - from }, (_, index) => recordsOf(from + index, failingFrom)).flat();

/** Takes the records of these seconds, each half when it is over, with the ticks of an idle partition between. */
async function play(worker: PartitionWorker, from: number, to: number, failingFrom?: number): Promise<void> {
  for (let second = from; second < to; second += 1) {
    for (const [part, record] of recordsOf(second, failingFrom).entries()) {
      clock.current = startMs + second * 1_000 + 600 + part * 500;
      await worker.take([record]);
      await worker.tick();
    }
  }
}

const anomalies = (): Anomaly[] =>
  [...inbox.stored.values()].flatMap(({ item }) => (item.kind === 'anomaly' ? [item.anomaly] : []));
/** Calls per second of one service as history would show them: of rows with one key the last. */
function callsOf(service: string): number[] {
  const bySecond = new Map<number, number>();
  for (const rows of history.rows)
    for (const row of rows.calls) if (row.service === service) bySecond.set(row.atMs, row.count);
  return [...bySecond].sort(([a], [b]) => a - b).map(([, count]) => count);
}

test('while the inbox is away the same records come again, and what nobody can use is told once', async () => {
  const worker = await open();
  const change = { kind: 'change', id: 'c', type: 'release', service: 'orders', summary: 'r2' };
  const records = ['hello', JSON.stringify(change)].map(
    (value, offset): StreamRecord => ({
      ...{ offset: BigInt(offset), timestampMs: startMs, key: null },
      value: Buffer.from(value),
    }),
  );
  inbox.down = true;
  for (let attempt = 0; attempt < 3; attempt += 1) await expect(worker.take(records)).rejects.toThrow();
  inbox.down = false;
  await worker.take(records);
  expect(letters.map(({ reason }) => reason)).toEqual(['not-json']);
  expect(inbox.stored.size).toBe(1);
});

describe('what may be committed', () => {
  test('nothing while the seconds of a record may still be open, then what came before them', async () => {
    const worker = await open();
    await play(worker, 0, 10);
    expect(worker.durable()).toBeNull();
    await play(worker, 10, 40);
    const { nextOffset = 0n, metadata = '' } = worker.durable() ?? {};
    expect(nextOffset).toBeGreaterThan(20n);
    expect(nextOffset).toBeLessThan(50n);
    expect(decodeServices(metadata).get('prod')?.toSorted()).toEqual(['orders', 'payments']);
    expect(worker.durable()).toBeNull();
    // Everything before that offset is in history.
    expect(callsOf('orders').length).toBeGreaterThan(Number(nextOffset) / 2);
  });

  test('nothing new while history is away; detection goes on, and the rows come later', async () => {
    const worker = await open();
    await play(worker, 0, 30);
    const before = worker.durable()?.nextOffset ?? 0n;
    history.down = true;
    await play(worker, 30, 60, 32);
    expect(worker.durable()?.nextOffset ?? before).toBeLessThan(64n);
    expect(anomalies().map(({ signal }) => signal)).toContain('errors');
    history.down = false;
    await play(worker, 60, 85);
    expect(worker.durable()?.nextOffset).toBeGreaterThan(110n);
    expect(callsOf('orders').slice(0, 60)).toEqual(Array(60).fill(20));
  });

  test('nothing new while history takes its time; a few writes later the partition waits for it', async () => {
    const worker = await open();
    await play(worker, 0, 30);
    const before = worker.durable()?.nextOffset ?? 0n;
    const { promise, resolve } = Promise.withResolvers<void>();
    history.slow = promise;
    const writes = history.writes;
    let isOver = false;
    const playing = play(worker, 30, 60).then(() => {
      isOver = true;
    });
    await vi.waitUntil(() => history.writes - writes >= 8);
    await new Promise(setImmediate);
    expect([history.writes - writes, isOver]).toEqual([8, false]);
    expect(worker.durable()?.nextOffset ?? before).toBeLessThan(64n);
    resolve();
    await playing;
    await play(worker, 60, 85);
    expect(worker.durable()?.nextOffset).toBeGreaterThan(110n);
    expect(callsOf('orders').slice(0, 60)).toEqual(Array(60).fill(20));
  });

  test('so much history waits that some would be lost: it stops taking more', async () => {
    const worker = await open('', { maxWaitingRows: 40 });
    history.down = true;
    await expect(play(worker, 0, 60)).rejects.toThrow('the history is unavailable');
    expect(worker.durable()).toBeNull();
  });

  test('an anomaly that the inbox does not take stops the partition; the same records again count once', async () => {
    const worker = await open();
    await play(worker, 0, 60);
    inbox.down = true;
    await expect(play(worker, 60, 80, 60)).rejects.toThrow('the inbox is unavailable');
    const stoppedAt = clock.current;
    clock.current += 60_000;
    await expect(worker.tick()).rejects.toThrow('the inbox is unavailable');
    // However long it lasts: a successor would have to find the anomaly again.
    expect(worker.durable()?.nextOffset ?? 0n).toBeLessThanOrEqual(120n);
    clock.current = stoppedAt;
    inbox.down = false;
    const second = Math.floor((clock.current - startMs - 600) / 1_000);
    await worker.take(recordsOf(second, 60));
    await play(worker, second + 1, 80, 60);
    expect(anomalies().filter(({ signal }) => signal === 'errors').length).toBeGreaterThan(0);
    expect(new Set(callsOf('orders'))).toEqual(new Set([20]));
  });
});

describe('delivered again', () => {
  test('to the same process after a rebalance: nothing is counted twice', async () => {
    const worker = await open();
    await play(worker, 0, 20);
    await worker.take(secondsOf(10, 20));
    await play(worker, 20, 40);
    expect(new Set(callsOf('orders'))).toEqual(new Set([20]));
    expect(metrics.counts.get('sentinel_ingest_observations_total{kafka}')).toBe(40 * 40);
  });

  test('to a successor after a crash: the same anomalies, and every second of history as it was', async () => {
    const first = await open();
    await play(first, 0, 70, 60);
    // Half a second more, so that what is committed ends within a second.
    clock.current = startMs + 70_600;
    await first.take([recordsOf(70, 60)[0]]);
    await first.tick();
    const committed = first.durable();
    const from = Number(committed?.nextOffset);
    expect(from).toBeLessThan(120);
    expect(from % 2).toBe(1);
    const before = anomalies().filter(({ signal }) => signal === 'errors');
    expect(before.length).toBeGreaterThan(0);
    const inHistory = callsOf('orders').length;

    // The process is gone; its successor gets everything from the committed offset on, at once.
    const second = await open(committed?.metadata);
    clock.current += 5_000;
    await second.take(secondsOf(0, 75, 60).slice(from));
    await play(second, 76, 100, 60);
    const after = anomalies().filter(({ signal }) => signal === 'errors');
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(inHistory).toBeGreaterThan(60);
    expect(callsOf('orders').slice(0, 75)).toEqual(Array(75).fill(20));
  });

  test('a topic that was made anew begins at zero, and its records count', async () => {
    const worker = await open();
    await play(worker, 0, 40);
    expect(worker.durable()?.nextOffset).toBeGreaterThan(0n);
    clock.current = startMs + 41_100;
    await worker.take(recordsOf(40).map((record, index) => ({ ...record, offset: BigInt(index) })));
    expect(metrics.counts.get('sentinel_ingest_observations_total{kafka}')).toBe(41 * 40);
  });
});

describe('the services of a partition', () => {
  test('a successor misses the ones that went silent meanwhile, and no others', async () => {
    const first = await open();
    await play(first, 0, 60);
    const metadata = first.durable()?.metadata;
    // History knows services that other partitions carry.
    const [rows] = history.rows.filter(({ calls }) => calls.length > 0);
    const [call] = rows?.calls ?? [];
    if (call === undefined) throw new Error('no calls in history');
    for (let second = 0; second < 60; second += 1)
      history.rows.push({
        environment: 'prod',
        calls: [{ ...call, service: 'elsewhere', atMs: startMs + second * 1_000 }],
        metrics: [],
        logs: [],
        anomalies: [],
      });
    const second = await open(metadata);
    for (let more = 0; more < 120; more += 1) {
      clock.current += 1_000;
      await second.tick();
    }
    const absent = anomalies().filter(({ signal }) => signal === 'absence');
    expect(new Set(absent.map(({ scope }) => scope.service))).toEqual(new Set(['orders', 'payments']));
  });
});

describe('poison', () => {
  const poison = (offset: bigint): StreamRecord => ({
    offset,
    timestampMs: startMs,
    key: null,
    value: Buffer.from('{'),
  });

  test('goes to the dead letters with its place; its neighbours count', async () => {
    const worker = await open();
    clock.current += 1_100;
    await worker.take([...recordsOf(0), poison(2n)]);
    expect(letters).toMatchObject([{ source: position, reason: 'not-json', record: { offset: 2n } }]);
    expect(metrics.counts.get('sentinel_ingest_observations_total{kafka}')).toBe(40);
    expect(metrics.counts.get('sentinel_kafka_dead_letters_total{observations,not-json}')).toBe(1);
  });

  test('that cannot be put there stops the partition, before anything of the batch counts', async () => {
    const worker = await open();
    deadLettersDown = true;
    clock.current += 1_100;
    await expect(worker.take([...recordsOf(0), poison(2n)])).rejects.toThrow('the dead-letter topic is away');
    deadLettersDown = false;
    await worker.take([...recordsOf(0), poison(2n)]);
    expect(letters).toHaveLength(1);
    expect(metrics.counts.get('sentinel_ingest_observations_total{kafka}')).toBe(40);
  });
});

describe('what a month has spent of an error budget', () => {
  const spent = () => learnt.budgets.map(({ service, calls, missed }) => ({ service, calls, missed }));

  test('goes with the partition: the process that reads it next counts on, and nothing twice', async () => {
    const first = await open();
    await play(first, 0, 30, 20);
    await expect.poll(() => learnt.states.size).toBe(1);
    const { nextOffset = 0n, metadata = '' } = first.durable() ?? {};
    const from = Number(nextOffset) / 2;
    learnt.asked.length = 0;
    const next = await open(metadata);
    expect(learnt.asked).toContain('orders');
    await play(next, Math.floor(from), 60, 20);
    const known = callsOf('orders').length;
    await expect.poll(() => spent()[0]?.calls ?? 0).toBeGreaterThan(20 * 45);
    const [{ calls, missed } = { calls: 0, missed: 0 }] = spent();
    expect(calls).toBeLessThanOrEqual(20 * known);
    // From the twentieth second on twelve of twenty fail.
    expect(missed).toBe((calls - 20 * 20) * 0.6);
  });

  test('of a service that was elsewhere is asked for when it is heard of', async () => {
    const first = await open();
    await play(first, 0, 30);
    await expect.poll(() => learnt.states.size).toBe(1);
    const calls = spent()[0]?.calls ?? 0;
    expect(calls).toBeGreaterThan(0);
    history.rows.length = 0;
    const next = await open(); // knows no services
    await play(next, 100, 130);
    await expect.poll(() => spent()[0]?.calls ?? 0).toBeGreaterThan(calls + 20 * 10);
  });
});
