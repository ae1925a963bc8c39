// Batches in portions: whole and in order, few records where each is a transaction's work, few bytes where records are large.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { portions } from '../../../adapters/kafka/portions.ts';

const megabyte = 1024 * 1024;
const sized = (bytes: number) => ({ key: null, value: new Uint8Array(bytes) });
const lengths = (sizes: readonly number[], atOnce: number): number[] =>
  [...portions(sizes.map(sized), atOnce)].map(({ length }) => length);

test('a portion ends with the number of its records or with a megabyte, whichever comes first', () => {
  expect(lengths([], 10)).toEqual([]);
  expect(lengths([1, 1, 1, 1, 1], 2)).toEqual([2, 2, 1]);
  expect(lengths([megabyte / 2, megabyte / 2, 1], 10)).toEqual([2, 1]);
  expect(lengths([2 * megabyte, 1, 3 * megabyte, 1], 10)).toEqual([1, 1, 1, 1]);
});

test('every record is in one portion, in its order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: megabyte }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      (sizes, atOnce) => {
        const records = sizes.map(sized);
        const all = [...portions(records, atOnce)];
        expect(all.flat()).toEqual(records);
        expect(all.every(({ length }) => length > 0 && length <= atOnce)).toBe(true);
      },
    ),
    { numRuns: 50 },
  );
});
