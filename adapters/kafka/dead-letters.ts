// The dead-letter topic: the record without its secrets, and headers that say why it is here and where it came from. Who reads this
// topic need not be who may read the other one; there the record is as it was, as long as the topic keeps it.

import { type Kafka, type Message, Partitioners, type Producer } from 'kafkajs';
import { redact } from '../../domain/redaction/redact.ts';
import { redactStructure } from '../../domain/redaction/structure.ts';
import type { DeadLetter, DeadLetters } from '../../ingest/kafka/ports.ts';
import { letterHeaders } from './letter.ts';

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

export function toMessage({ source, record, reason, detail }: DeadLetter, whole: boolean): Message {
  const value = record.value === null || !whole ? null : withoutSecrets(record.value);
  const key = record.key === null ? null : withoutSecrets(record.key);
  const isOmitted = value === null && record.value !== null;
  const { of, failures } = record.replay ?? { of: { ...source, ...record }, failures: 0 };
  return {
    key,
    value,
    headers: {
      [letterHeaders.reason]: reason,
      [letterHeaders.detail]: redact(detail),
      [letterHeaders.topic]: of.topic,
      [letterHeaders.partition]: String(of.partition),
      [letterHeaders.offset]: String(of.offset),
      [letterHeaders.timestamp]: new Date(of.timestampMs).toISOString(),
      [letterHeaders.failures]: String(failures + 1),
      ...(isOmitted ? { [letterHeaders.omitted]: 'true' } : {}),
      ...(same(key, record.key) && same(value, record.value) ? { [letterHeaders.whole]: 'true' } : {}),
    },
  };
}

function same(kept: Buffer | null, given: Uint8Array | null): boolean {
  return kept === null || given === null ? kept === given : kept.equals(given);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The same bytes when there is nothing in them to hide; null for what is no text and cannot be looked at. */
function withoutSecrets(bytes: Uint8Array): Buffer | null {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return null;
  }
  const clean = redactText(text);
  return Buffer.from(clean === text ? bytes : clean);
}

/** JSON keeps its shape: each of its texts is looked at by itself, also in records that are too long to be looked at as one. */
function redactText(text: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return redact(text);
  }
  const clean = redactStructure(parsed);
  return clean === parsed ? text : JSON.stringify(clean);
}
