// Compressed batches: the four codecs that Kafka knows, each bounded in what it may unfold to. kafkajs brings gzip alone, and
// anything a codec throws ends its consumer for good, so nothing is thrown: a batch that cannot be read becomes records that
// say so (unreadable-batch.ts), which go to the dead letters.
// Source: Kafka's message format, "Record Batch"; Snappy is framed as snappy-java's SnappyOutputStream writes it.

import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { decompressFrame } from 'lz4-napi';
import snappyjs from 'snappyjs';
import { mostLz4Bytes } from './lz4-frame.ts';
import { holdsRecords, readBatch, unreadableRecords } from './unreadable-batch.ts';

/** A fetch is about a megabyte; what unfolds further than this is an attack or a mistake. */
const maxBytes = 64 * 1024 * 1024;

type Decompress = (compressed: Buffer) => Promise<Uint8Array> | Uint8Array;

const inflate = promisify(gunzip);
const unfoldZstd = promisify(zstdDecompress);
const { CompressionTypes } = kafkajs;

const codecs: Readonly<Record<number, { readonly name: string; readonly decompress: Decompress }>> = {
  [CompressionTypes.GZIP]: {
    name: 'gzip',
    decompress: (compressed) => inflate(compressed, { maxOutputLength: maxBytes }),
  },
  [CompressionTypes.Snappy]: { name: 'snappy', decompress: unsnap },
  [CompressionTypes.LZ4]: {
    name: 'lz4',
    decompress: (compressed) => {
      checkLength(mostLz4Bytes(compressed));
      return decompressFrame(compressed);
    },
  },
  [CompressionTypes.ZSTD]: {
    name: 'zstd',
    decompress: (compressed) => unfoldZstd(compressed, { maxOutputLength: maxBytes }),
  },
  // Numbers that Kafka has not given out yet.
  ...Object.fromEntries(
    [5, 6, 7].map((type) => [type, { name: `codec ${type}`, decompress: () => unknownCodec(type) }]),
  ),
};

/** Teaches kafkajs to read compressed batches. Again is harmless. */
export function readCompressedBatches(): void {
  const known = kafkajs.CompressionCodecs as Record<number, () => unknown>;
  for (const [type, codec] of Object.entries(codecs)) {
    // Tests and other clients of this process may write gzip, which kafkajs can.
    const own = Number(type) === CompressionTypes.GZIP ? (known[Number(type)]?.() as object) : {};
    const reading = { ...own, decompress: (compressed: Buffer) => decompressed(codec, compressed) };
    known[Number(type)] = () => reading;
  }
}

async function decompressed(
  { name, decompress }: { readonly name: string; readonly decompress: Decompress },
  compressed: Buffer,
): Promise<Buffer> {
  const batch = readBatch(compressed);
  try {
    const plain = await decompress(compressed);
    const records = Buffer.from(plain.buffer, plain.byteOffset, plain.length);
    if (batch !== null && !holdsRecords(records, batch.count))
      throw new Error(`there are no ${batch.count} records in it`);
    return records;
  } catch (error) {
    if (batch === null) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    return unreadableRecords(batch, compressed, `${batch.count} records compressed with ${name}: ${reason}`);
  }
}

const snappyJavaMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const snappyJavaHeader = 16;

/** Raw, or in the blocks of snappy-java, each behind its length. */
function unsnap(compressed: Buffer): Uint8Array {
  if (!compressed.subarray(0, snappyJavaMagic.length).equals(snappyJavaMagic))
    return snappyjs.uncompress(compressed, maxBytes);
  const blocks: Uint8Array[] = [];
  let total = 0;
  let at = snappyJavaHeader;
  while (at < compressed.length) {
    const length = compressed.readInt32BE(at);
    if (length < 0 || at + 4 + length > compressed.length) throw new RangeError('a block is cut off');
    const block = snappyjs.uncompress(compressed.subarray(at + 4, at + 4 + length), maxBytes - total);
    total += block.length;
    blocks.push(block);
    at += 4 + length;
  }
  return Buffer.concat(blocks, total);
}

function checkLength(bytes: number): void {
  if (bytes > maxBytes) throw new RangeError(`it may unfold to ${bytes} bytes, at most ${maxBytes} are read`);
}

function unknownCodec(type: number): never {
  throw new Error(`codec ${type} is not known`);
}
