// A dead letter on the wire: what its headers say of the record it stands for, and what a record says that was sent again.

import type { IHeaders, KafkaMessage } from 'kafkajs';
import { type Origin, type PoisonReason, poisonReasons, type Replay } from '../../ingest/kafka/ports.ts';

export const letterHeaders = {
  reason: 'sentinel-reason',
  detail: 'sentinel-detail',
  topic: 'sentinel-topic',
  partition: 'sentinel-partition',
  offset: 'sentinel-offset',
  timestamp: 'sentinel-timestamp',
  /** How often the record has become a dead letter, this one included. */
  failures: 'sentinel-failures',
  omitted: 'sentinel-value-omitted',
  /** Key and value are the record's own, byte for byte. */
  whole: 'sentinel-whole',
} as const;

/** On a record that was sent again: the place it had first, and how often it had failed. */
export const replayHeader = 'sentinel-replay-of';

export type Letter = {
  readonly partition: number;
  readonly offset: bigint;
  readonly atMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly of: Origin;
  readonly reason: PoisonReason | 'unknown';
  readonly detail: string;
  readonly failures: number;
  readonly isWhole: boolean;
};

/** Null for what is no dead letter of ours. */
export function readLetter(message: KafkaMessage, partition: number): Letter | null {
  const { headers = {}, key, value } = message;
  const topic = textOf(headers, letterHeaders.topic);
  const of = {
    topic,
    partition: whole(textOf(headers, letterHeaders.partition)),
    offset: whole(textOf(headers, letterHeaders.offset)),
    timestampMs: Date.parse(textOf(headers, letterHeaders.timestamp)),
  };
  if (topic === '' || of.partition === null || of.offset === null || !Number.isFinite(of.timestampMs))
    return null;
  const given = textOf(headers, letterHeaders.reason);
  return {
    ...{ partition, offset: BigInt(message.offset), atMs: Number(message.timestamp), key, value },
    of: { ...of, partition: of.partition, offset: BigInt(of.offset) },
    reason: poisonReasons.find((reason) => reason === given) ?? 'unknown',
    detail: textOf(headers, letterHeaders.detail),
    failures: whole(textOf(headers, letterHeaders.failures)) ?? 1,
    isWhole: textOf(headers, letterHeaders.whole) === 'true',
  };
}

export function writeReplay({ of, failures }: Replay): string {
  return [of.topic, of.partition, of.offset, of.timestampMs, failures].join('/');
}

const replayForm = /^([A-Za-z0-9._-]{1,249})\/(\d{1,9})\/(\d{1,18})\/(\d{1,15})\/(\d{1,6})$/;

/** Null when there is none, and for one that names another topic: nobody who replays sends that. */
export function readReplay(header: IHeaders[string], topic: string): Replay | null {
  const [, named, partition, offset, timestampMs, failures] = replayForm.exec(String(header ?? '')) ?? [];
  if (named !== topic) return null;
  const of = {
    topic,
    partition: Number(partition),
    offset: BigInt(offset ?? 0),
    timestampMs: Number(timestampMs),
  };
  return { of, failures: Number(failures) };
}

const textOf = (headers: IHeaders, name: string): string => String(headers[name] ?? '');
const whole = (text: string): number | null => (/^\d{1,15}$/.test(text) ? Number(text) : null);
