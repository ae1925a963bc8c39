/** The clean-up of a sandbox, which nothing undoes, keeps the contract of executors. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { executorContract } from '../executors/contract/contract.ts';
import { matrix } from '../executors/matrix/matrix.ts';
import { sandboxHarness } from './harness.ts';

describe.runIf(process.platform === 'linux')('On the files of this machine', () => {
  executorContract('sandbox', sandboxHarness);

  test('effects under faults: none twice, and nothing told that is not so', async () => {
    const harness = await sandboxHarness();
    onTestFinished(() => harness.close());
    const cases = await matrix(harness, { forward: 80, seed: 1 });
    expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
    expect(cases.filter(({ effects }) => effects === 1).length).toBeGreaterThan(50);
  });
});
