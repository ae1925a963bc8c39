// Who is believed about restarts: a counter that was heard since the onset, else the executor.

import { expect, test } from 'vitest';
import { replicas } from '../../../domain/diagnosis/replicas.ts';
import type { InstanceResources } from '../../../domain/diagnosis/resource-stats.ts';
import type { ObservedState } from '../../../domain/inventory/target.ts';

const onsetMs = 1_000_000;
const instance = (name: string, restartsSeenMs: number | null, restartsMs: readonly number[] = []) =>
  ({
    ...{ instance: name, cpu: null, memory: null, pools: [], restartsMs, restartsSeenMs, running: null },
    ...{ outsideSeenMs: onsetMs, stepMs: 60_000, outsideStepMs: 60_000, ownSeenMs: onsetMs, lastHeard: [] },
  }) satisfies InstanceResources;
const target: ObservedState = {
  ...{ target: { environment: 'prod', service: 'orders' }, desiredReplicas: 2, supports: [] },
  ...{ release: 'v2', config: 'c2' },
  replicas: [
    { id: 'a', state: 'exited', startedAtMs: onsetMs + 4_000, restarts: 3 },
    { id: 'b', state: 'running', startedAtMs: onsetMs - 3_600_000, restarts: 7 },
  ],
};
const restarts = (...instances: readonly InstanceResources[]): number =>
  replicas({
    ...{ target, onsetMs },
    resources: { stepMs: 60_000, instances, disk: null, desired: null, available: null },
  }).restarts;

test('counters that have all been heard since the onset know', () => {
  expect(restarts(instance('a', onsetMs + 5_000, [onsetMs + 5_000]), instance('b', onsetMs))).toBe(1);
});

test('where one has not, the executor knows of the replica that has just started again', () => {
  expect(restarts(instance('a', onsetMs - 20_000), instance('b', onsetMs + 5_000))).toBe(3);
  expect(restarts(instance('a', null))).toBe(3);
});
