import fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { expect, test } from 'vitest';
import { mostLz4Bytes } from '../../../adapters/kafka/lz4-frame.ts';
import {
  holdsRecords,
  readBatch,
  unreadableHeader,
  unreadableRecords,
} from '../../../adapters/kafka/unreadable-batch.ts';

test('the header in front of the records says how many there are', () => {
  const whole = Buffer.alloc(100);
  whole.writeInt8(2, 10 + 16);
  whole.writeInt32BE(7, 10 + 23);
  whole.writeInt32BE(3, 10 + 57);
  expect(readBatch(whole.subarray(71))).toEqual({ count: 3, lastOffsetDelta: 7 });
  whole.writeInt8(1, 10 + 16);
  expect(readBatch(whole.subarray(71))).toBeNull();
  expect(readBatch(whole.subarray(20))).toBeNull();
});

test('what stands in for a batch are as many records, the first with everything', () => {
  const records = unreadableRecords(
    { count: 3, lastOffsetDelta: 300 },
    Buffer.from('compressed'),
    'too long',
  );
  expect(holdsRecords(records, 3)).toBe(true);
  expect(holdsRecords(records, 4)).toBe(false);
  expect(holdsRecords(records.subarray(0, -1), 3)).toBe(false);
  expect(records.toString('latin1').split(unreadableHeader)).toHaveLength(4);
  expect(records.includes('compressed')).toBe(true);
});

test('any bytes are records or are not, and end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (bytes, count) => {
      expect(typeof holdsRecords(Buffer.from(bytes), count)).toBe('boolean');
    }),
  );
});

test('an LZ4 frame is never longer than its headers allow, and what is none is refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300_000 }), (bytes) => {
      const frame = compressFrameSync(Buffer.from(bytes));
      expect(mostLz4Bytes(frame)).toBeGreaterThanOrEqual(bytes.length);
    }),
    { numRuns: 20 },
  );
  const zeros = compressFrameSync(Buffer.alloc(50_000_000));
  expect(mostLz4Bytes(zeros)).toBeGreaterThanOrEqual(50_000_000);
  expect(() => mostLz4Bytes(Buffer.from('not a frame at all'))).toThrow('no LZ4 frame');
});
