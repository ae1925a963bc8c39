// A message of kafkajs as ingest knows records, with what its headers say of it.

import type { KafkaMessage } from 'kafkajs';
import type { StreamRecord } from '../../ingest/kafka/ports.ts';
import { readReplay, replayHeader } from './letter.ts';
import { unreadableHeader } from './unreadable-batch.ts';

export function toRecord(message: KafkaMessage, topic: string): StreamRecord {
  const { offset, timestamp, key, value, headers } = message;
  const unreadable = headers?.[unreadableHeader];
  const replay = readReplay(headers?.[replayHeader], topic);
  return {
    ...{ offset: BigInt(offset), timestampMs: Number(timestamp), key, value },
    ...(unreadable === undefined ? {} : { unreadable: String(unreadable) }),
    ...(replay === null ? {} : { replay }),
  };
}
