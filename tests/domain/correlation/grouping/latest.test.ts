import { expect, it } from 'vitest';
import { Latest } from '../../../../domain/correlation/grouping/latest.ts';

it('holds no more than it may; the least recently set goes', () => {
  const latest = new Latest<number>(3);
  for (const [key, value] of [...'abcada'].map((name, index) => [name, index] as const))
    latest.set(key, value);
  expect(latest.keys()).toEqual(['c', 'd', 'a']);
  expect(latest.get('a')).toBe(5);
  expect(latest.get('b')).toBeUndefined();
});
