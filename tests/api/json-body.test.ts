// Nesting is measured on the text, so that a hostile body is refused before anything recursive sees it.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { depthOf } from '../../api/http/json-body.ts';

function depth(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

test('the measured depth is the depth of the parsed value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
      expect(depthOf(JSON.stringify(value))).toBe(depth(value));
    }),
  );
});

test('brackets in strings do not count, escaped quotes do not end them', () => {
  expect(depthOf('{"a":"[[[\\"[[["}')).toBe(1);
  expect(depthOf('{"a\\\\":[1]}')).toBe(2);
});

test('any text has a depth', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(depthOf(text)).toBeGreaterThanOrEqual(0);
    }),
  );
});
