// How many records wait, per partition: of the partitions that are ours while we read, of the whole group while we cannot.

import type { Admin } from 'kafkajs';
import type { Position } from '../../ingest/kafka/ports.ts';
import type { Assigned } from './assigned.ts';
import { readCommitted } from './committed.ts';

const gaugeName = 'sentinel_kafka_lag';
type Gauge = (name: string, labels: Readonly<Record<string, string>>, value: number) => void;

/** The gauge, and which partitions it was set for. */
export class LagGauge {
  readonly #gauge: Gauge;
  readonly #set = new Map<string, Position>();

  constructor(gauge: Gauge) {
    this.#gauge = gauge;
  }

  set(position: Position, records: number): void {
    this.#set.set(`${position.topic}/${position.partition}`, position);
    this.#gauge(gaugeName, labelsOf(position), records);
  }

  /** The others are read, and reported, by somebody else. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const [key, position] of this.#set) {
      if (keys.has(key)) continue;
      this.#set.delete(key);
      this.#gauge(gaugeName, labelsOf(position), 0);
    }
  }
}

/** Of the partitions that are ours; notes those that are read to their end. */
export async function measureLag(admin: Admin, ours: readonly Assigned[], lag: LagGauge): Promise<void> {
  for (const [topic, ones] of Map.groupBy(ours, ({ position }) => position.topic)) {
    const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]));
    for (const one of ones) {
      const end = ends.get(one.position.partition);
      if (end === undefined) continue;
      const next = one.next ?? BigInt(end.low);
      lag.set(one.position, Math.max(0, Number(BigInt(end.high) - next)));
      // Nothing to read at all is read to the end, too.
      if (next >= BigInt(end.high) && !one.busy) one.caughtUp = true;
    }
  }
}

/** Of every partition: what the group has not committed. */
export async function measureGroupLag(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  set: (position: Position, records: number) => void,
): Promise<void> {
  const committed = await readCommitted(admin, groupId, topics);
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      const next = committed.get(`${topic}/${partition}`)?.offset ?? BigInt(low);
      const from = next > BigInt(low) ? next : BigInt(low);
      set({ topic, partition }, Math.max(0, Number(BigInt(high) - from)));
    }
}

const labelsOf = ({ topic, partition }: Position) => ({ topic, partition: String(partition) });
