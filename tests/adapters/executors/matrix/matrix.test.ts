/** The matrix itself: on a vendor that keeps its promises it finds nothing, and it finds each way of not keeping them. */
import { expect, test } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import { mockHarness } from '../../mock/harness.ts';
import { faults, isPossible } from './faults.ts';
import { type Case, isSound, matrix } from './matrix.ts';

async function casesWith(plant: (executor: Executor) => Executor, takesMs = 0): Promise<readonly Case[]> {
  const harness = await mockHarness(takesMs);
  return matrix({ ...harness, executor: () => plant(harness.executor()) }, { forward: 160, seed: 1 });
}

test.each([0, 300])(
  'a vendor that takes %i ms: no effect twice, and nothing told that is not so',
  async (ms) => {
    const cases = await casesWith((executor) => executor, ms);
    expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
    expect(isSound(cases)).toBe(true);
    expect(cases.filter(({ effects }) => effects === 1).length).toBeGreaterThan(160);
    const harness = await mockHarness(ms);
    const possible = faults.filter((fault) => isPossible(fault, harness));
    expect([...new Set(cases.flatMap((one) => one.faults))].toSorted()).toEqual(possible.toSorted());
  },
);

test('an executor that is sure of what it cannot know is found: a lost effect happens once more', async () => {
  const cases = await casesWith((executor) => ({
    ...executor,
    lookUp: async () => 'not-happened',
    close: async () => 'not-happened',
  }));
  expect(cases.filter(({ effects }) => effects > 1).length).toBeGreaterThan(0);
});

test('an executor that makes its call again by itself is found', async () => {
  const cases = await casesWith((executor) => ({
    ...executor,
    async begin(intent, call) {
      const { revision: _, ...unconditional } = call;
      const again = { ...unconditional, number: call.number + 1 };
      return executor.begin(intent, call).catch(() => executor.begin(intent, again));
    },
  }));
  expect(cases.filter(({ effects }) => effects > 1).length).toBeGreaterThan(0);
});

test('an executor that does not compare what it is about to change is found', async () => {
  const cases = await casesWith((executor) => ({
    ...executor,
    begin: (intent, { revision: _, ...call }) => executor.begin(intent, call),
  }));
  expect(cases.map(({ lie }) => lie)).toContain("somebody else's change was overwritten");
});

test('an executor that does nothing at all proves nothing', async () => {
  const cases = await casesWith((executor) => ({
    ...executor,
    begin: async () => ({ kind: 'refused', code: 'not-supported', reason: 'never' }),
  }));
  expect(cases.filter(({ lie }) => lie !== null)).toEqual([]);
  expect(isSound(cases)).toBe(false);
});

test('an executor that says done without having done it is found', async () => {
  const cases = await casesWith((executor) => ({
    ...executor,
    begin: async () => ({ kind: 'done', after: null, summary: 'certainly' }),
  }));
  expect(cases.map(({ lie }) => lie)).toContain('told as done, and nothing happened');
});
