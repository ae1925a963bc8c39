import { expect, test } from 'vitest';
import { executorContract } from '../executors/contract/contract.ts';
import { drifts, faults, isPossible } from '../executors/matrix/faults.ts';
import { matrix } from '../executors/matrix/matrix.ts';
import { mockHarness } from './harness.ts';

executorContract('mock', () => mockHarness(0));
executorContract('mock-slow', () => mockHarness(300));

/** What there is something for in its model. */
const remediesOfMock = [
  ...['clear-sandbox', 'drain', 'restart', 'rollback-config', 'rollback-release', 'scale', 'stop'],
];

test.each([0, 300])(
  'it takes %i ms: each fault before each other one, and each action under each',
  async (ms) => {
    const harness = await mockHarness(ms);
    const possible = faults.filter((fault) => isPossible(fault, harness));
    const later = possible.filter((fault) => !drifts.includes(fault));
    const cases = await matrix(harness, { forward: possible.length * later.length, seed: 1 });
    expect(cases.filter(({ effects, lie }) => effects > 1 || lie !== null)).toEqual([]);
    expect(cases.filter(({ effects }) => effects === 1).length, 'faults are survived').toBeGreaterThan(400);
    const forward = cases.filter(({ direction }) => direction === 'forward');
    expect(new Set(forward.map((one) => one.faults.join(', then '))).size).toBe(
      possible.length * later.length,
    );
    const actions = new Set(forward.map(({ action }) => action));
    expect([...actions].toSorted()).toEqual(remediesOfMock);
    expect(new Set(forward.map((one) => `${one.action} under ${one.faults[0]}`)).size).toBe(
      possible.length * actions.size,
    );
  },
);
