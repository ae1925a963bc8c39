// The consumer group: partitions come and go, each with a worker of its own; offsets are committed by what the workers
// call durable. What cannot be stored is tried again in place, with heartbeats, and never skipped.

import { setTimeout as pause } from 'node:timers/promises';
import kafkajs, { type Admin, type EachBatchPayload, type Kafka } from 'kafkajs';
import type { OpenWorker, Position, StreamRecord } from '../../ingest/kafka/ports.ts';
import { Assigned } from './assigned.ts';
import type { KafkaLog } from './client.ts';
import { type Committed, readCommitted } from './committed.ts';
import { type LagGauge, measureLag } from './lag.ts';
import { Liveness } from './liveness.ts';
import { portions } from './portions.ts';
import { toRecord } from './record.ts';
import { readTogether } from './together.ts';

export type ConsumerDeps = {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly groupId: string;
  /** What works through the partitions of each topic. */
  readonly topics: Readonly<Record<string, OpenWorker>>;
  /** Those of them that one process has to read as a whole. */
  readonly together: readonly string[];
  readonly metrics: {
    count(name: string, labels: Readonly<Record<string, string>>, value?: number): void;
    gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  };
  readonly lag: LagGauge;
  readonly log: KafkaLog;
};

export type RunningConsumer = {
  /** Null while this process is in the group, hears from the brokers and gets its records stored; else what keeps it. */
  problem(): string | null;
  /** Resolves when the consumer has ended by itself, which kafkajs does for every error that it takes for final. */
  readonly ended: Promise<Error>;
  /** Finishes the records under way, commits, leaves the group. */
  stop(): Promise<void>;
};

type Offset = Position & { readonly offset: string; readonly metadata: string };

const tickMs = 1_000;
const lagEveryTicks = 10;
const fetchWaitMs = 1_000;
const firstRetryMs = 200;
/** Well below the session, so that a heartbeat fits between two attempts. */
const maxRetryMs = 3_000;

/** Joins the group and works until `stop`. Throws when the brokers cannot be reached now. */
export async function startConsumer(deps: ConsumerDeps): Promise<RunningConsumer> {
  const { kafka, admin, groupId, topics, together, metrics, lag, log } = deps;
  const names = Object.keys(topics);
  const assigned = new Map<string, Assigned>();
  let current: ReadonlySet<string> = new Set();
  let committedAtJoin: Promise<Committed> = Promise.resolve(new Map());
  const liveness = new Liveness();
  let joined = false;
  let stopping = false;
  let trouble: string | null = null;
  const { promise: ended, resolve: end } = Promise.withResolvers<Error>();

  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: 15_000,
    rebalanceTimeout: 60_000,
    heartbeatInterval: 3_000,
    maxWaitTimeInMs: fetchWaitMs,
    // The second is what processes of earlier versions know: until the last of them is gone, it is what the group agrees on.
    partitionAssigners: [readTogether(together), kafkajs.PartitionAssigners.roundRobin],
    // Sentinel outlives any outage of the brokers.
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, restartOnFailure: async () => true },
  });

  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    joined = true;
    trouble = null;
    liveness.joined();
    const now = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    log.info(
      { groupId, assigned: now.map(({ topic, partition }) => `${topic}/${partition}`) },
      'kafka: joined',
    );
    current = new Set(now.map(keyOf));
    for (const [key, one] of assigned) {
      if (current.has(key)) continue;
      one.close();
      assigned.delete(key);
    }
    lag.keepOnly(current);
    committedAtJoin = readCommitted(admin, groupId, names);
    committedAtJoin.catch(() => {});
    // Also those where nothing comes in: their silence may be what there is to find.
    for (const position of now) void workerOf(position).catch(() => {});
  });
  consumer.on(consumer.events.FETCH, () => {
    liveness.fetched();
  });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    joined = false;
    trouble = reasonOf(payload.error);
    log.error({ err: payload.error, restarts: payload.restart }, 'kafka: the consumer lost its group');
    if (!payload.restart) end(payload.error);
  });

  const opening = new Map<string, Promise<Assigned>>();
  function workerOf(position: Position): Promise<Assigned> {
    const key = keyOf(position);
    const known = assigned.get(key);
    if (known !== undefined) return Promise.resolve(known);
    let opened = opening.get(key);
    if (opened === undefined) {
      opened = open(position, key).finally(() => opening.delete(key));
      opening.set(key, opened);
    }
    return opened;
  }

  async function open(position: Position, key: string): Promise<Assigned> {
    const worker = topics[position.topic];
    if (worker === undefined) throw new Error(`nobody works on the topic ${position.topic}`);
    const committed = (await committedAtJoin).get(key) ?? { offset: null, metadata: '' };
    if (stopping || !current.has(key)) throw new Error(`${key} is not ours any more`);
    const one = new Assigned(position, committed, worker);
    assigned.set(key, one);
    return one;
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const key = keyOf(payload.batch);
    liveness.working(key);
    try {
      await workThrough(payload);
    } finally {
      liveness.done(key);
    }
  }

  async function workThrough(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, heartbeat, isRunning, isStale, commitOffsetsIfNecessary } = payload;
    const one = await workerOf(batch);
    one.caughtUp = false;
    const goOn = (): boolean => isRunning() && !isStale() && !one.revoked;
    for (const messages of portions(batch.messages, await one.recordsAtOnce())) {
      if (!goOn()) break;
      const records = messages.map((message) => toRecord(message, batch.topic));
      metrics.count('sentinel_kafka_records_total', { topic: batch.topic }, records.length);
      if (!(await takeStubbornly(one, records, heartbeat, goOn))) return;
      resolveOffset(String(records.at(-1)?.offset));
      await heartbeat();
    }
    one.caughtUp = one.next !== null && one.next >= BigInt(batch.highWatermark);
    // The last chance before the group is left; the consumer itself commits nothing any more.
    if (!isRunning()) {
      await commit([one], async (offsets) => {
        const topics = offsets.map(({ topic, ...partition }) => ({ topic, partitions: [partition] }));
        await commitOffsetsIfNecessary({ topics });
      });
    }
  }

  /** True when they are taken; false when they are somebody else's by now. */
  async function takeStubbornly(
    one: Assigned,
    records: readonly StreamRecord[],
    heartbeat: () => Promise<void>,
    goOn: () => boolean,
  ): Promise<boolean> {
    const key = keyOf(one.position);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await one.take(records);
        liveness.working(key);
        return true;
      } catch (error) {
        metrics.count('sentinel_kafka_retries_total', { topic: one.position.topic });
        const offset = String(records[0]?.offset);
        liveness.waits(key, reasonOf(error));
        log.warn({ err: error, ...one.position, offset, attempt }, 'kafka: records wait; will try again');
      }
      await heartbeat();
      await pause(Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(attempt, 10)));
      if (!goOn()) return false;
    }
  }

  type Send = (offsets: readonly Offset[]) => Promise<void>;
  const whileRunning: Send = (offsets) => consumer.commitOffsets([...offsets]);

  async function commit(ones: readonly Assigned[], send: Send): Promise<void> {
    const ready = ones.filter((one) => !one.revoked && one.uncommitted !== null);
    const offsets = ready.flatMap(({ position, uncommitted }) =>
      uncommitted === null
        ? []
        : [{ ...position, offset: String(uncommitted.nextOffset), metadata: uncommitted.metadata }],
    );
    if (offsets.length === 0) return;
    const sent = ready.map((one) => one.uncommitted);
    try {
      await send(offsets);
      for (const [index, one] of ready.entries()) if (one.uncommitted === sent[index]) one.uncommitted = null;
    } catch (error) {
      // Nothing is lost: it is committed with the next ones, or delivered again.
      log.warn({ reason: error instanceof Error ? error.message : error }, 'kafka: could not commit');
    }
  }

  let ticks = 0;
  async function housekeeping(): Promise<void> {
    ticks += 1;
    const heard = liveness.heard();
    const ours = [...assigned.values()];
    for (const one of ours) {
      if (!heard || !one.caughtUp) continue;
      await one
        .tick()
        .catch((error: unknown) => log.warn({ err: error, ...one.position }, 'kafka: a tick failed'));
    }
    await commit(ours, whileRunning);
    if (ticks % lagEveryTicks === 1) await measureLag(admin, ours, lag).catch(() => {});
  }
  let keeping: Promise<void> = Promise.resolve();
  let kept = true;
  const timer = setInterval(() => {
    if (joined) liveness.turn();
    if (!kept || !joined) return;
    kept = false;
    keeping = housekeeping().finally(() => {
      kept = true;
    });
  }, tickMs);

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(timer);
    await keeping;
    if (joined) await commit([...assigned.values()], whileRunning);
    await consumer.stop();
    await consumer.disconnect();
    for (const one of assigned.values()) one.close();
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: names, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch,
    });
  } catch (error) {
    stopping = true;
    clearInterval(timer);
    await consumer.disconnect().catch(() => {});
    for (const one of assigned.values()) one.close();
    throw error;
  }

  const problem = (): string | null => (joined ? liveness.problem() : (trouble ?? 'not in the group'));
  return { problem, ended, stop };
}

const keyOf = ({ topic, partition }: Position): string => `${topic}/${partition}`;
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
