/** Records to a broker, one partition after its own order; what is not acknowledged is sent again, so it may be there twice. */
import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs';
import type { AnswerLog, LogLine } from '../answer-log.ts';
import type { Sort, Way } from '../plan/events.ts';
import type { Pace } from './pace.ts';

export interface OutgoingRecord {
  readonly id: string;
  readonly state: 'firing' | 'cleared' | null;
  readonly way: Way;
  readonly sort: Sort;
  /** Made when it is sent first: it says when that was. */
  readonly value: () => Buffer;
  readonly key: string;
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutgoingRecord[];
}

const patienceMs = 300;

export async function connectProducer(broker: string): Promise<Producer> {
  const kafka = new Kafka({
    brokers: [broker],
    clientId: 'sender',
    logLevel: logLevel.NOTHING,
    retry: { retries: 2, initialRetryTime: 100 },
  });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return producer;
}

export async function sendRecords(
  producer: Producer,
  { topic, partition, records }: Lane,
  { log, pace, atOnce }: { readonly log: AnswerLog; readonly pace: Pace; readonly atOnce: number },
): Promise<void> {
  for (let from = 0; from < records.length; ) {
    await pace.next();
    const to = from + 1 + pace.more(Math.min(atOnce, records.length - from) - 1);
    const some = records.slice(from, to);
    from = to;
    const messages = some.map(({ value, key }): Message => ({ key, value: value(), partition }));
    for (;;) {
      const answer = await produce(producer, topic, messages);
      await log.write(some.map((record, index) => lineOf(record, answer, `${topic}/${partition}`, index)));
      if (answer.firstOffset !== null) break;
      await pause(patienceMs);
    }
    pace.done(some.length);
  }
}

type Produced =
  | { readonly firstOffset: bigint; readonly why: '' }
  | { readonly firstOffset: null; readonly why: string };

async function produce(producer: Producer, topic: string, messages: readonly Message[]): Promise<Produced> {
  try {
    const [answer] = await producer.send({ topic, acks: -1, messages: [...messages] });
    if (answer?.baseOffset === undefined) return { firstOffset: null, why: 'no offset in the answer' };
    return { firstOffset: BigInt(answer.baseOffset), why: '' };
  } catch (error) {
    // After a broker was away kafkajs may have given the connection up for good.
    await producer.connect().catch(() => {});
    return { firstOffset: null, why: error instanceof Error ? error.message : String(error) };
  }
}

function lineOf(
  { way, sort, id, state }: OutgoingRecord,
  { firstOffset, why }: Produced,
  lane: string,
  index: number,
): LogLine {
  const atMs = Date.now();
  return firstOffset === null
    ? { way, sort, id, state, answer: 'again', why, atMs }
    : { way, sort, id, state, answer: 'accepted', place: `${lane}/${firstOffset + BigInt(index)}`, atMs };
}
