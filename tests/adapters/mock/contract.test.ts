import { expect, test } from 'vitest';
import type { Executor } from '../../../activities/ports/executor.ts';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import { type ExecutorHarness, executorContract } from '../executors/contract.ts';
import { faults, matrix } from '../executors/matrix.ts';

const target = { environment: 'test', service: 'orders' };

/** The mock has no wire: answers are lost and calls refused right at its door. */
function mockHarness(takesMs: number): ExecutorHarness {
  const services = [{ service: 'orders', replicas: 2 }];
  // It has been there for ever, and so knows of everything that was sent to it.
  let nowMs = (): number => 0;
  const mock = createMockExecutor({ name: 'mock', services, nowMs: () => nowMs(), takesMs });
  nowMs = () => Date.now();
  let fault: 'before' | 'after' | 'deny' | 'throttle' | null = null;
  const executor: Executor = {
    ...mock,
    async begin(...call) {
      const now = fault;
      fault = null;
      if (now === 'deny') return { kind: 'refused', code: 'permission-denied', reason: 'not yours' };
      if (now === 'throttle') return { kind: 'refused', code: 'throttled', reason: 'slow down' };
      if (now === 'before') throw new Error('connection reset');
      const answer = await mock.begin(...call);
      if (now === 'after') throw new Error('connection reset');
      return answer;
    },
  };
  const set = (next: typeof fault) => async () => {
    fault = next;
  };
  return {
    executor: () => executor,
    target: async () => target,
    nobody: { ...target, service: 'nobody' },
    step: ({ desiredReplicas }) => ({ action: 'scale', parameters: { replicas: desiredReplicas + 1 } }),
    effects: async ({ id }) => mock.ledger.filter(({ intentId }) => intentId === id).length,
    async drift() {
      const [before] = await mock.observe(target.environment, target.service);
      if (before === undefined) throw new Error('the target is not there');
      mock.change(target, { desiredReplicas: before.desiredReplicas + 3 });
    },
    faults: {
      lose: (when) => set(when)(),
      deny: set('deny'),
      throttle: set('throttle'),
      heal: set(null),
    },
    close: async () => {},
  };
}

executorContract('the mock', async () => mockHarness(0));
executorContract('the mock that takes its time', async () => mockHarness(300));

test('every action under every pair of faults: no effect twice, and nothing told that is not so', async () => {
  const pairs = faults.flatMap((first) => faults.map((second) => [first, second] as const));
  const cases = [
    ...(await matrix(mockHarness(0), { pairs, everyMs: 1 })),
    ...(await matrix(mockHarness(2), { pairs, everyMs: 1 })),
  ];
  expect(cases.filter(({ effects }) => effects > 1)).toEqual([]);
  expect(cases.filter(({ lie }) => lie !== null)).toEqual([]);
  expect(cases.filter(({ effects }) => effects === 1).length, 'faults are survived').toBeGreaterThan(500);
  expect(cases.length).toBeGreaterThanOrEqual(1_000);
});
