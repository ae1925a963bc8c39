// The codecs by themselves, as kafkajs calls them: what each reads, and what becomes of bytes that it cannot read or that unfold
// without end. Brokers look into batches before they keep them, so most of this cannot be sent through one.

import { gzipSync, zstdCompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { compressFrameSync } from 'lz4-napi';
import snappyjs from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { readCompressedBatches } from '../../../adapters/kafka/compression.ts';
import { holdsRecords, unreadableHeader } from '../../../adapters/kafka/unreadable-batch.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
readCompressedBatches();

/** Three records of four bytes, each behind its length. */
const records = Buffer.from([8, 1, 2, 3, 4, 8, 1, 2, 3, 4, 8, 1, 2, 3, 4]);

/** As kafkajs hands it out: a view behind the header of a batch of three records. */
function inBatch(compressed: Uint8Array): Buffer {
  const whole = Buffer.alloc(61 + compressed.length);
  whole.writeInt8(2, 16);
  whole.writeInt32BE(2, 23);
  whole.writeInt32BE(3, 57);
  whole.set(compressed, 61);
  return whole.subarray(61);
}

function unfold(type: number, compressed: Uint8Array): Promise<Buffer> {
  const codec = (CompressionCodecs as Record<number, () => { decompress(bytes: Buffer): Promise<Buffer> }>)[
    type
  ];
  if (codec === undefined) throw new Error(`no codec ${type}`);
  return codec().decompress(inBatch(compressed));
}

/** As snappy-java frames it, in blocks of at most `size` bytes. */
function javaSnappy(bytes: Uint8Array, size: number): Buffer {
  const parts = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let from = 0; from < bytes.length; from += size) {
    const block = Buffer.from(snappyjs.compress(bytes.subarray(from, from + size)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const codecs: readonly (readonly [string, number, (bytes: Uint8Array) => Uint8Array])[] = [
  ['gzip', CompressionTypes.GZIP, gzipSync],
  [
    'snappy, raw, as librdkafka and Go write it',
    CompressionTypes.Snappy,
    (bytes) => snappyjs.compress(bytes),
  ],
  ['snappy, in blocks, as Java writes it', CompressionTypes.Snappy, (bytes) => javaSnappy(bytes, 1_000_000)],
  [
    'snappy, in many blocks',
    CompressionTypes.Snappy,
    (bytes) => javaSnappy(bytes, Math.max(4, bytes.length / 40)),
  ],
  ['lz4', CompressionTypes.LZ4, (bytes) => compressFrameSync(Buffer.from(bytes))],
  ['zstd', CompressionTypes.ZSTD, zstdCompressSync],
];

describe.each(codecs)('%s', (_name, type, compress) => {
  const isUnreadable = (unfolded: Buffer): boolean => unfolded.includes(unreadableHeader);

  test('is read', async () => {
    expect((await unfold(type, compress(records))).equals(records)).toBe(true);
  });

  test('cut off, or not of this codec, or of other contents: as many records, the first with the batch and the reason', async () => {
    const compressed = Buffer.from(compress(records));
    const garbage = Buffer.from('not what it says it is, by far');
    const wrong = [
      compressed.subarray(0, compressed.length / 2),
      garbage,
      Buffer.from(compress(Buffer.from('no records'))),
      Buffer.alloc(0),
    ];
    for (const bytes of wrong) {
      const unfolded = await unfold(type, bytes);
      expect(isUnreadable(unfolded)).toBe(true);
      expect(holdsRecords(unfolded, 3)).toBe(true);
      expect(unfolded.includes(bytes)).toBe(true);
      expect(unfolded.includes('3 records compressed with ')).toBe(true);
    }
  });

  test('what unfolds to more than 64 MiB is not held', async () => {
    const unfolded = await unfold(type, compress(Buffer.alloc(65 * 1024 * 1024)));
    expect(isUnreadable(unfolded)).toBe(true);
    expect(unfolded.length).toBeLessThan(8 * 1024 * 1024);
  });
});

test('a codec that Kafka has not given out yet is named', async () => {
  expect((await unfold(5, records)).includes('codec 5 is not known')).toBe(true);
});
