import { expect, test } from 'vitest';
import { executorContract } from '../executors/contract.ts';
import { faults, matrix } from '../executors/matrix.ts';
import { mockHarness } from './harness.ts';

executorContract('the mock', () => mockHarness(0));
executorContract('the mock that takes its time', () => mockHarness(300));

test('every action under every pair of faults: no effect twice, and nothing told that is not so', async () => {
  const pairs = faults.flatMap((first) => faults.map((second) => [first, second] as const));
  const cases = [
    ...(await matrix(await mockHarness(0), { pairs, everyMs: 1 })),
    ...(await matrix(await mockHarness(2), { pairs, everyMs: 1 })),
  ];
  expect(cases.filter(({ effects }) => effects > 1)).toEqual([]);
  expect(cases.filter(({ lie }) => lie !== null)).toEqual([]);
  expect(cases.filter(({ effects }) => effects === 1).length, 'faults are survived').toBeGreaterThan(500);
  expect(cases.length).toBeGreaterThanOrEqual(1_000);
});
