// When a rule fires for a series, and when it no longer does.

import { describe, expect, test } from 'vitest';
import { RuleState } from '../../../domain/alerts/rule-state.ts';

const conditions = { holds: (value: number) => value > 10, forMs: 60_000, goneMs: 300_000 };
const seconds = (count: number) => count * 1_000;
const a = (value: number) => ({ key: 'a', value, labels: {} });

/** Looks every 30 seconds; null: the series is not there. */
function firesAfter(values: readonly (number | null)[], changed: Partial<typeof conditions> = {}) {
  const state = new RuleState<object>({ ...conditions, ...changed });
  for (const [index, value] of values.entries())
    state.observe(seconds(30 * index), value === null ? [] : [a(value)]);
  return state.firing().map(({ sinceMs, value }) => [sinceMs / 1_000, value]);
}

describe('a rule with a duration', () => {
  test('fires when its condition has held for so long, since it began to', () => {
    expect(firesAfter([11, 12])).toEqual([]);
    expect(firesAfter([5, 11, 12, 13])).toEqual([[30, 13]]);
  });

  test('begins anew after a value within bounds, also just before', () => {
    expect(firesAfter([11, 11, 5, 11, 11])).toEqual([]);
  });

  test('is over with the first value within bounds', () => {
    expect(firesAfter([11, 11, 11, 10])).toEqual([]);
  });

  test('without a duration the first look is enough', () => {
    expect(firesAfter([11], { forMs: 0 })).toEqual([[0, 11]]);
  });
});

describe('a series that is gone', () => {
  test('goes on firing, with its last value', () => {
    expect(firesAfter([11, 12, 13, null, null])).toEqual([[0, 13]]);
  });

  test('is forgotten when it was not firing yet', () => {
    expect(firesAfter([11, 11, null, 11, 11])).toEqual([]);
  });

  test('and back goes on since it began, or is over', () => {
    expect(firesAfter([11, 12, 13, null, 14])).toEqual([[0, 14]]);
    expect(firesAfter([11, 12, 13, null, 9])).toEqual([]);
  });

  test('for long is over, and so is at once what has no limit', () => {
    const gone = Array<null>(10).fill(null);
    expect(firesAfter([11, 12, 13, ...gone.slice(1)])).toEqual([[0, 13]]);
    expect(firesAfter([11, 12, 13, ...gone])).toEqual([]);
    expect(firesAfter([11, 12, 13, null], { goneMs: 0 })).toEqual([]);
  });
});

test('series do not concern each other', () => {
  const state = new RuleState<object>(conditions);
  for (const index of [0, 1, 2])
    state.observe(seconds(30 * index), [a(11), { key: 'b', value: index === 1 ? 5 : 11, labels: {} }]);
  expect(state.firing().map(({ key }) => key)).toEqual(['a']);
});
