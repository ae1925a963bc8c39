/** The executor of the lab against the real supervisor, with a proxy between the two that loses answers and refuses. */
import { expect, onTestFinished, test } from 'vitest';
import { executorContract } from '../executors/contract.ts';
import { faults, matrix } from '../executors/matrix.ts';
import { labHarness } from './harness.ts';

executorContract('the lab', labHarness);

test('actions under faults: no effect twice, and nothing told that is not so', async () => {
  const harness = await labHarness();
  onTestFinished(() => harness.close());
  const pairs = faults.map((fault) => [fault, 'none'] as const);
  const cases = await matrix(harness, { actions: ['rollback-config', 'drain'], pairs });
  expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
  expect(cases.length).toBeGreaterThanOrEqual(2 * faults.length);
});
