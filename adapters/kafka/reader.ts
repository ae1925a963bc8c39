// Reads given places of topics, beside the group that works through them: commits nothing, and leaves no trace. For looking at dead
// letters and fetching originals, not for streams of records.

import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';

/** Offsets of one partition, without `to`. */
export type OffsetRange = { readonly partition: number; readonly from: bigint; readonly to: bigint };

export type TopicReader = {
  /** The oldest offset that is there, and the next one to be written, by partition. Empty: there is no such topic. */
  bounds(topic: string): Promise<ReadonlyMap<number, { readonly low: bigint; readonly high: bigint }>>;
  /** The first offset of each partition that is not older; the next one to be written when all are. */
  firstSince(topic: string, atMs: number): Promise<ReadonlyMap<number, bigint>>;
  /** Calls `visit` with every record of the ranges, in order within each. Ranges have to be within the bounds. */
  read(
    topic: string,
    ranges: readonly OffsetRange[],
    visit: (message: KafkaMessage, partition: number) => void,
  ): Promise<void>;
};

export class ReadTimeout extends Error {
  override readonly name = 'ReadTimeout';
}

export type ReaderOptions = {
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly deadlineMs: number;
};

/** A reader of these topics for as long as `use` needs. Throws `ReadTimeout` when it takes longer than `deadlineMs` in all. */
export async function withReader<T>(
  kafka: Kafka,
  { groupId, topics, deadlineMs }: ReaderOptions,
  use: (reader: TopicReader) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin({ retry: { retries: 2 } });
  // A group of its own, gone with its only member: nobody else's partitions move.
  const consumer = kafka.consumer({
    groupId: `${groupId}.look-${randomUUID()}`,
    sessionTimeout: 10_000,
    maxWaitTimeInMs: 100,
    allowAutoTopicCreation: false,
    retry: { retries: 2, restartOnFailure: async () => false },
  });
  const { promise: late, reject: giveUp } = Promise.withResolvers<never>();
  late.catch(() => {});
  const timer = setTimeout(() => {
    giveUp(new ReadTimeout(`the records could not be read within ${deadlineMs / 1_000} s`));
  }, deadlineMs);
  consumer.on(consumer.events.CRASH, ({ payload }) => giveUp(payload.error));
  let wanted: Wanted | null = null;
  let running = false;

  async function run(existing: readonly string[]): Promise<void> {
    running = true;
    await consumer.connect();
    await consumer.subscribe({ topics: [...existing], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async (payload) => wanted?.take(payload),
    });
    consumer.pause(existing.map((topic) => ({ topic })));
  }

  async function work(): Promise<T> {
    await admin.connect();
    const all = new Set(await admin.listTopics());
    const existing = topics.filter((topic) => all.has(topic));
    return use({
      async bounds(topic) {
        if (!existing.includes(topic)) return new Map();
        const ends = await admin.fetchTopicOffsets(topic);
        return new Map(
          ends.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]),
        );
      },
      async firstSince(topic, atMs) {
        const found = await admin.fetchTopicOffsetsByTimestamp(topic, atMs);
        return new Map(found.map(({ partition, offset }) => [partition, BigInt(offset)]));
      },
      async read(topic, ranges, visit) {
        if (ranges.length === 0) return;
        if (!running) await run(existing);
        wanted = new Wanted(topic, ranges, visit, consumer);
        await wanted.done;
        wanted = null;
        consumer.pause([{ topic }]);
      },
    });
  }

  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
    await consumer.disconnect().catch(() => {});
    await admin.disconnect().catch(() => {});
  }
}

type Steered = Pick<ReturnType<Kafka['consumer']>, 'seek' | 'resume' | 'pause'>;

/** What is read now: the ranges of each partition, one after the other. */
class Wanted {
  readonly done: Promise<void>;
  readonly #topic: string;
  readonly #left = new Map<number, OffsetRange[]>();
  readonly #next = new Map<number, bigint>();
  readonly #visit: (message: KafkaMessage, partition: number) => void;
  readonly #consumer: Steered;
  #finish = (): void => {};

  constructor(
    topic: string,
    ranges: readonly OffsetRange[],
    visit: (message: KafkaMessage, partition: number) => void,
    consumer: Steered,
  ) {
    this.#topic = topic;
    this.#visit = visit;
    this.#consumer = consumer;
    const inOrder = ranges.toSorted((a, b) => (a.from < b.from ? -1 : 1));
    for (const [partition, own] of Map.groupBy(inOrder, (range) => range.partition))
      this.#left.set(partition, own);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    for (const partition of this.#left.keys()) this.#begin(partition);
  }

  take({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const { topic, partition } = batch;
    const [range] = this.#left.get(partition) ?? [];
    // What was fetched before it was sought says nothing.
    if (topic !== this.#topic || range === undefined || isStale()) return;
    let next = this.#next.get(partition) ?? range.from;
    for (const message of batch.messages) {
      const offset = BigInt(message.offset);
      if (offset < next || offset >= range.to) continue;
      this.#visit(message, partition);
      next = offset + 1n;
    }
    this.#next.set(partition, next);
    resolveOffset(batch.lastOffset());
    if (BigInt(batch.lastOffset()) + 1n < range.to) return;
    this.#left.get(partition)?.shift();
    this.#begin(partition);
  }

  #begin(partition: number): void {
    const [range] = this.#left.get(partition) ?? [];
    const topic = this.#topic;
    if (range === undefined) {
      this.#left.delete(partition);
      this.#consumer.pause([{ topic, partitions: [partition] }]);
      if (this.#left.size === 0) this.#finish();
      return;
    }
    this.#next.set(partition, range.from);
    this.#consumer.seek({ topic, partition, offset: String(range.from) });
    this.#consumer.resume([{ topic, partitions: [partition] }]);
  }
}
