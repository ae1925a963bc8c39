import { expect, test } from 'vitest';
import { availabilityOf, servingReplicas } from '../../../domain/inventory/availability.ts';
import type { ObservedState, ReplicaState } from '../../../domain/inventory/target.ts';

function state(
  desiredReplicas: number,
  states: readonly ReplicaState['state'][],
  readyReplicas?: number,
): ObservedState {
  return {
    target: { environment: 'test', service: 'api' },
    desiredReplicas,
    replicas: states.map((one, index) => ({ id: `r${index}`, state: one, startedAtMs: 0, restarts: 0 })),
    ...(readyReplicas === undefined ? {} : { readyReplicas }),
    release: 'r1',
    config: 'c1',
  };
}

test.each([
  ['ok', state(2, ['running', 'running'])],
  ['degraded', state(2, ['running', 'exited'])],
  ['degraded', state(2, ['running', 'running'], 1)],
  ['down', state(2, ['running', 'running'], 0)],
  ['down', state(1, [])],
  ['stopped', state(0, [])],
  ['stopped', state(0, ['running'])],
] as const)('%s', (availability, of) => {
  expect(availabilityOf(of)).toBe(availability);
});

test('what is ready cannot be more than what runs', () => {
  expect(servingReplicas(state(3, ['running', 'draining'], 3))).toBe(1);
  expect(servingReplicas(state(3, ['running', 'draining'], 3), 'draining')).toBe(2);
});
