import { expect, test } from 'vitest';
import { executorContract } from '../../executors/contract/contract.ts';
import { matrix } from '../../executors/matrix/matrix.ts';
import { hasty, lostWhileLagging, stillClock } from '../lagging.ts';
import { ecsHarness, oneMore, releaseBefore } from './harness.ts';

executorContract('ecs-count', () => ecsHarness(oneMore));
executorContract('ecs-release', () => ecsHarness(releaseBefore));

test('effects under faults, with readings that lag behind: none twice, and nothing told that is not so', async () => {
  const harness = await ecsHarness(oneMore);
  try {
    const cases = await matrix(harness, { forward: 21, seed: 3 });
    expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
    expect(cases.some(({ faults }) => faults.includes('readings-lag'))).toBe(true);
    expect(cases.filter(({ effects }) => effects === 1).length).toBeGreaterThan(10);
  } finally {
    await harness.close();
  }
});

test.each([
  ['a new count', oneMore],
  ['a release', releaseBefore],
])(
  '%s that is shown a quarter of a minute later is asked for once: a hasty executor would do it again',
  async (_, step) => {
    const harness = await ecsHarness(step, stillClock());
    try {
      expect(await lostWhileLagging(harness, 14_000)).toMatchObject({
        told: { kind: 'applied' },
        effects: 1,
      });
      expect((await lostWhileLagging(harness, 14_000, hasty)).effects).toBe(2);
    } finally {
      await harness.close();
    }
  },
);
