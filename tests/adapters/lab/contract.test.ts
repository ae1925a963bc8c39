/** The executor of the lab against the real supervisor, with a proxy between the two that loses answers and refuses. */
import { expect, onTestFinished, test } from 'vitest';
import { executorContract } from '../executors/contract/contract.ts';
import { faults, isPossible } from '../executors/matrix/faults.ts';
import { matrix } from '../executors/matrix/matrix.ts';
import { labHarness } from './harness.ts';

executorContract('lab', labHarness);

test('actions under faults: no effect twice, and nothing told that is not so', async () => {
  const harness = await labHarness();
  onTestFinished(() => harness.close());
  const possible = faults.filter((fault) => isPossible(fault, harness));
  const cases = await matrix(harness, {
    ...{ forward: possible.length, seed: 1 },
    actions: ['rollback-config', 'drain', 'clear-sandbox'],
  });
  expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
  expect(cases.filter(({ effects }) => effects === 1).length).toBeGreaterThan(possible.length);
});
