// How long a service rests after it was told of.

import { expect, test } from 'vitest';
import { createRest } from '../../ingest/rest.ts';

test('what is being told rests until it is told, and four times as long as that took', () => {
  const rest = createRest();
  rest.begin(['orders', 'web']);
  expect(rest.services(1_000_000_000)).toEqual(['orders', 'web']);
  expect(rest.end(['orders'], 50, 1_000)).toBe(200);
  expect(rest.services(1_199)).toEqual(['orders', 'web']);
  expect(rest.services(1_200)).toEqual(['web']);
});

test('a service that takes no time does not rest, and none rests longer than three seconds', () => {
  const rest = createRest();
  rest.end(['quick'], 0, 1_000);
  expect(rest.services(1_000)).toEqual([]);
  expect(rest.end(['slow'], 60_000, 1_000)).toBe(3_000);
  expect(rest.services(3_999)).toEqual(['slow']);
  expect(rest.services(4_000)).toEqual([]);
});
