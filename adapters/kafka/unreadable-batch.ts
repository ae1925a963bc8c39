// A batch that cannot be decompressed, as records that kafkajs can read: as many as the batch has, at their offsets, so that
// the partition goes on behind it. The first carries the batch as it was and what is wrong with it.
// Source: Kafka's message format, "Record Batch" and "Record".

import { randomUUID } from 'node:crypto';

/** Only this process can say of a record that it is unreadable: a producer does not know the name. */
export const unreadableHeader = `unreadable-${randomUUID()}`;

/** From the start of a batch to its records: the number of records is the last field. */
const headerBytes = 61;
const magicAt = 16;
const lastOffsetDeltaAt = 23;
const countAt = 57;
const maxRecords = 1_000_000;

export type BatchHeader = { readonly count: number; readonly lastOffsetDelta: number };

/**
 * The header of the batch in front of its compressed records: kafkajs hands a codec a view into the whole answer. Null when
 * there is none (the message sets of Kafka before 0.11).
 */
export function readBatch(records: Buffer): BatchHeader | null {
  if (records.byteOffset < headerBytes) return null;
  const header = Buffer.from(records.buffer, records.byteOffset - headerBytes, headerBytes);
  if (header.readInt8(magicAt) !== 2) return null;
  const count = header.readInt32BE(countAt);
  const lastOffsetDelta = header.readInt32BE(lastOffsetDeltaAt);
  return count > 0 && count <= maxRecords && lastOffsetDelta >= count - 1 ? { count, lastOffsetDelta } : null;
}

/** Whether there are `count` records one after the other, by their lengths. */
export function holdsRecords(records: Buffer, count: number): boolean {
  let at = 0;
  for (let record = 0; record < count; record += 1) {
    let length = 0;
    let shift = 0;
    for (;;) {
      const byte = records[at];
      if (byte === undefined || shift > 28) return false;
      at += 1;
      length |= (byte & 0x7f) << shift;
      shift += 7;
      if (byte < 0x80) break;
    }
    at += (length >>> 1) ^ -(length & 1);
    if (at > records.length || (length & 1) === 1) return false;
  }
  return true;
}

export function unreadableRecords(
  { count, lastOffsetDelta }: BatchHeader,
  compressed: Buffer,
  reason: string,
): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => {
      const offset = index === count - 1 ? lastOffsetDelta : index;
      return index === 0 ? record(offset, compressed, reason) : record(offset, null, '');
    }),
  );
}

function record(offsetDelta: number, value: Buffer | null, reason: string): Buffer {
  const header = [sized(Buffer.from(unreadableHeader)), sized(Buffer.from(reason))];
  const noAttributesNoTimeNoKey = [Buffer.from([0]), varint(0), varint(offsetDelta), varint(-1)];
  const body = [...noAttributesNoTimeNoKey, value === null ? varint(-1) : sized(value), varint(1), ...header];
  return sized(Buffer.concat(body));
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** Zigzag, then seven bits a byte, lowest first. */
function varint(value: number): Buffer {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  const bytes: number[] = [];
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}
