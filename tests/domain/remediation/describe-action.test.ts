// The catalogue as people read it says what the rules really do.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actionIds, actions } from '../../../domain/remediation/actions/index.ts';
import { inverseActionOf, inverseOf, riskOf } from '../../../domain/remediation/catalogue.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';

const state = fc
  .record({
    desiredReplicas: fc.integer({ min: 1, max: 8 }),
    states: fc.array(fc.constantFrom('running', 'starting', 'draining', 'exited'), { maxLength: 6 }),
    carries: fc.array(
      fc.record({ here: fc.integer({ min: 0, max: 3 }), elsewhere: fc.integer({ min: 0, max: 3 }) }),
    ),
  })
  .map(
    ({ desiredReplicas, states, carries }): TargetState => ({
      target: { environment: 'test', service: 'orders' },
      executor: 'one',
      desiredReplicas,
      replicas: states.map((each, index) => ({ id: `r${index}`, state: each, startedAtMs: 0, restarts: 0 })),
      release: 'v2',
      config: 'c2',
      node: {
        cordoned: 'no',
        carries: carries.map((one, index) => ({ key: `kubernetes/main/shop/deployment/d${index}`, ...one })),
        ...{ runs: [], pool: 'kubernetes/main/_/cluster/nodes' },
      },
      supports: actionIds,
    }),
  );
const parameters = fc.record({
  taskId: fc.constantFrom('r0', 'r1', 'elsewhere'),
  replicas: fc.integer({ min: 1, max: 20 }),
});

test.each(actionIds)(
  '%s: its inverse is the one described, and its risk one of those described',
  (action) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(state, parameters, (before, given) => {
        const { risks } = actions[action];
        expect(inverseOf(action, before, given)?.action ?? null).toBe(inverseActionOf(action));
        const risk = riskOf(action, before, given);
        seen.add(risk);
        expect(risks).toContain(risk);
      }),
      { numRuns: 500, seed: 1 },
    );
    expect([...seen].toSorted()).toEqual([...actions[action].risks].toSorted());
  },
);
