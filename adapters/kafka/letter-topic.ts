// The dead-letter topic as people work with it: its newest letters, the records they stand for, and those sent again to where they
// came from.

import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type {
  Letter as KnownLetter,
  LetterPlace,
  LetterTopic,
  OriginalRecord,
} from '../../api/dead-letters/ports.ts';
import { DeadLettersUnavailable } from '../../api/ports/dead-letters.ts';
import { createClient, type KafkaLog, type KafkaOptions } from './client.ts';
import { type Letter, readLetter, replayHeader, writeReplay } from './letter.ts';
import { type OffsetRange, type TopicReader, withReader } from './reader.ts';
import { toRecord } from './record.ts';

export type LetterTopicOptions = KafkaOptions & {
  readonly groupId: string;
  readonly deadLetterTopic: string;
  /** Where letters may come from, and records be sent to; no header leads anywhere else. */
  readonly sources: readonly string[];
};

/** Below what a caller of the API waits. */
const defaultDeadlineMs = 10_000;
/** Letters of a partition that one look goes through. */
const stretch = 300n;
/** Records closer together than this are read in one go. */
const nearby = 50n;

type Opened = LetterTopicOptions & { readonly kafka: Kafka };

/**
 * Asks for its options, and connects, when it is used: a process that is not given what the brokers want of it runs all the same, and
 * says so to whoever asks for dead letters.
 */
export function createLetterTopic(
  optionsOf: () => LetterTopicOptions,
  log: KafkaLog,
  deadlineMs = defaultDeadlineMs,
): LetterTopic {
  let instance: Opened | null = null;
  function opened(): Opened {
    if (instance !== null) return instance;
    const options = optionsOf();
    instance = { ...options, kafka: createClient(options, log) };
    return instance;
  }
  const reading = <T>(use: (reader: TopicReader, options: Opened) => Promise<T>): Promise<T> =>
    orUnavailable(() => {
      const options = opened();
      const { kafka, groupId, deadLetterTopic, sources } = options;
      return withReader(kafka, { groupId, topics: [deadLetterTopic, ...sources], deadlineMs }, (reader) =>
        use(reader, options),
      );
    });

  async function original(reader: TopicReader, sources: readonly string[], letters: readonly Letter[]) {
    const found = new Map<Letter, OriginalRecord>();
    for (const letter of letters)
      if (letter.isWhole) found.set(letter, { key: letter.key, value: letter.value, isUnreadable: false });
    const others = letters.filter(({ isWhole, of }) => !isWhole && sources.includes(of.topic));
    for (const [topic, some] of Map.groupBy(others, ({ of }) => of.topic)) {
      const bounds = await reader.bounds(topic);
      const kept = some.filter(({ of }) => {
        const { low = 0n, high = 0n } = bounds.get(of.partition) ?? {};
        return of.offset >= low && of.offset < high;
      });
      const byPlace = Map.groupBy(kept, ({ of }) => `${of.partition}/${of.offset}`);
      await reader.read(topic, rangesOf(kept.map(({ of }) => of)), (message, partition) => {
        const { key, value, timestampMs, unreadable } = toRecord(message, topic);
        for (const letter of byPlace.get(`${partition}/${message.offset}`) ?? []) {
          const record = { key, value, isUnreadable: unreadable !== undefined };
          // A topic that was made anew has other records at the same offsets.
          if (timestampMs === letter.of.timestampMs || record.isUnreadable) found.set(letter, record);
        }
      });
    }
    return found;
  }

  return {
    newest: ({ sinceMs, untilMs }, before) =>
      reading(async (reader, { deadLetterTopic }) => {
        const bounds = await reader.bounds(deadLetterTopic);
        if (bounds.size === 0) return [];
        const since = sinceMs === undefined ? null : await reader.firstSince(deadLetterTopic, sinceMs);
        const until = untilMs === undefined ? null : await reader.firstSince(deadLetterTopic, untilMs + 1);
        const looked = [...bounds].flatMap(([partition, { low, high }]) => {
          const upper = before === null ? high : before.get(partition);
          if (upper === undefined) return [];
          const end = least(high, BigInt(upper), until?.get(partition) ?? high);
          const first = most(low, since?.get(partition) ?? low);
          return [
            { partition, first, from: most(first, end - stretch), to: end, letters: [] as KnownLetter[] },
          ];
        });
        const byPartition = new Map(looked.map((one) => [one.partition, one]));
        const ranges = looked.filter(({ from, to }) => from < to);
        await reader.read(deadLetterTopic, ranges, (message, partition) => {
          const letter = readLetter(message, partition);
          if (letter !== null) byPartition.get(partition)?.letters.unshift(known(letter));
        });
        return looked.map(({ partition, first, from, letters }) => ({
          partition,
          letters,
          rest: from > first ? Number(from) : null,
        }));
      }),

    withOriginals: (places) =>
      reading(async (reader, { deadLetterTopic, sources }) => {
        const bounds = await reader.bounds(deadLetterTopic);
        const there = places
          .map(({ partition, offset }) => ({ partition, offset: BigInt(offset) }))
          .filter(({ partition, offset }) => {
            const { low = 0n, high = 0n } = bounds.get(partition) ?? {};
            return offset >= low && offset < high;
          });
        const letters = new Map<string, Letter>();
        await reader.read(deadLetterTopic, rangesOf(there), (message, partition) => {
          const letter = readLetter(message, partition);
          if (letter !== null) letters.set(nameOf({ partition, offset: Number(letter.offset) }), letter);
        });
        const wanted = places.map((place) => letters.get(nameOf(place)));
        const originals = await original(reader, sources, [
          ...new Set(wanted.filter((one) => one !== undefined)),
        ]);
        return wanted.map((letter) =>
          letter === undefined ? null : { letter: known(letter), original: originals.get(letter) ?? null },
        );
      }),

    resend: (records) =>
      orUnavailable(async () => {
        const producer = opened().kafka.producer({
          createPartitioner: Partitioners.DefaultPartitioner,
          allowAutoTopicCreation: false,
        });
        await producer.connect();
        try {
          await send(producer, records);
        } finally {
          await producer.disconnect();
        }
      }),
  };
}

async function send(
  producer: Producer,
  records: readonly { letter: KnownLetter; original: OriginalRecord }[],
): Promise<void> {
  const byTopic = Map.groupBy(records, ({ letter }) => letter.of.topic);
  const topicMessages = [...byTopic].map(([topic, some]) => ({
    topic,
    messages: some.map(({ letter: { of }, original: { key, value } }) => ({
      key: bufferOf(key),
      value: bufferOf(value),
      partition: of.partition,
      headers: {
        [replayHeader]: writeReplay({ of: { ...of, offset: BigInt(of.offset) }, failures: of.failures }),
      },
    })),
  }));
  await producer.sendBatch({ acks: -1, topicMessages });
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeadLettersUnavailable(`the Kafka brokers cannot be asked for dead letters: ${reason}`, {
      cause: error,
    });
  }
}

function known({ partition, offset, atMs, key, of, reason, detail, failures }: Letter): KnownLetter {
  return {
    ...{ partition, offset: Number(offset), atMs, reason, detail },
    key: key === null ? '' : new TextDecoder().decode(key),
    of: { ...of, offset: Number(of.offset), failures },
  };
}

/** Few ranges, each of records that are near each other. */
function rangesOf(places: readonly { partition: number; offset: bigint }[]): readonly OffsetRange[] {
  const ranges: { partition: number; from: bigint; to: bigint }[] = [];
  const inOrder = places.toSorted((a, b) => a.partition - b.partition || (a.offset < b.offset ? -1 : 1));
  for (const { partition, offset } of inOrder) {
    const last = ranges.at(-1);
    if (last?.partition === partition && offset < last.to + nearby) last.to = most(last.to, offset + 1n);
    else ranges.push({ partition, from: offset, to: offset + 1n });
  }
  return ranges;
}

const bufferOf = (bytes: Uint8Array | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
const nameOf = ({ partition, offset }: LetterPlace): string => `${partition}/${offset}`;
const least = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (most(a, b) === a ? b : a));
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
