// The dead-letter topic: the record as it was, and headers that say why it is here and where it came from.

import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import type { DeadLetter, DeadLetters } from '../../ingest/kafka/ports.ts';

export type ClosableDeadLetters = DeadLetters & { close(): Promise<void> };

/** Connects with the first letter. */
export function createDeadLetters(kafka: Kafka, topic: string): ClosableDeadLetters {
  let producer: Promise<Producer> | null = null;

  function connected(): Promise<Producer> {
    producer ??= connect().catch((error: unknown) => {
      producer = null;
      throw error;
    });
    return producer;
  }

  async function connect(): Promise<Producer> {
    const created = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await created.connect();
    return created;
  }

  async function send(letters: readonly DeadLetter[]): Promise<void> {
    const { send: produce } = await connected();
    try {
      await produce({ topic, acks: -1, messages: letters.map((letter) => toMessage(letter, true)) });
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (letters.length > 1) for (const letter of letters) await send([letter]);
      // The headers made it larger than the broker takes: the value is still where the headers say.
      else await produce({ topic, acks: -1, messages: letters.map((letter) => toMessage(letter, false)) });
    }
  }

  return {
    put: send,
    async close() {
      const open = await producer?.catch(() => null);
      await open?.disconnect();
    },
  };
}

function isTooLarge(error: unknown): boolean {
  const types = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if ('type' in cause && types.includes(String(cause.type))) return true;
  return false;
}

function toMessage({ source, record, reason, detail }: DeadLetter, whole: boolean): Message {
  return {
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null || !whole ? null : Buffer.from(record.value),
    headers: {
      'sentinel-reason': reason,
      'sentinel-detail': detail,
      'sentinel-topic': source.topic,
      'sentinel-partition': String(source.partition),
      'sentinel-offset': String(record.offset),
      'sentinel-timestamp': new Date(record.timestampMs).toISOString(),
      ...(whole ? {} : { 'sentinel-value-omitted': 'true' }),
    },
  };
}
