/** Back-off: growing, bounded, spread. */
import { expect, test } from 'vitest';
import { pauseAfterFailure } from '../../../api/notifications/pauses.ts';

test('pauses double up to a minute, and chance takes away at most half', () => {
  const longest = [0, 1, 2, 3, 10, 10_000].map((failures) => pauseAfterFailure(failures, false, 1));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
  expect(pauseAfterFailure(10, false, 0)).toBe(30_000);
});

test('what a person must repair is tried seldom from the beginning', () => {
  expect(pauseAfterFailure(0, true, 1)).toBe(120_000);
});
