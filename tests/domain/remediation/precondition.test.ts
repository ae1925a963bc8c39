// What an action depends on in its target, what it leaves behind, and how a difference is told.

import { describe, expect, test } from 'vitest';
import { actions } from '../../../domain/remediation/actions/index.ts';
import type { Plan, PlanStep } from '../../../domain/remediation/plan.ts';
import {
  changedSince,
  difference,
  expectedBefore,
  expectedByUndo,
  factsFor,
  stateAfter,
} from '../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';

const target = { environment: 'test', service: 'orders' };
const state: TargetState = {
  target,
  executor: 'mock',
  desiredReplicas: 2,
  replicas: [{ id: 'a', state: 'running', startedAtMs: 0, restarts: 0 }],
  release: 'r2',
  config: 'c2',
  sandbox: { usedBytes: 1, limitBytes: 2 },
  supports: [],
};

function planOf(...steps: readonly Pick<PlanStep, 'action' | 'parameters'>[]): Plan {
  const rest = { target, executor: 'mock', inverse: null, reversible: true, risk: 'low' } as const;
  const cost = { downtimeSeconds: 0, blastRadius: 0, before: state };
  return {
    incidentId: 'i',
    attempt: 1,
    cause: 'crash',
    reason: '',
    risk: 'low',
    steps: steps.map((step) => ({ ...rest, ...cost, ...step })),
  };
}

const rollback = { action: 'rollback-release', parameters: { to: 'r1' } } as const;
const scale = { action: 'scale', parameters: { replicas: 4 } } as const;

describe('what a step expects', () => {
  test('is the state its plan was made on, changed by the steps before it on its target', () => {
    const plan = planOf(rollback, { action: 'deploy-release', parameters: { release: 'r9' } }, scale);
    expect(expectedBefore(plan, 0)).toEqual({ release: 'r2' });
    expect(expectedBefore(plan, 1)).toEqual({ release: 'r1' });
    expect(expectedBefore(plan, 2)).toEqual({ replicas: 2 });
  });

  test('for its undo is what it left; when nobody knows whether it happened, also what was before', () => {
    expect(expectedByUndo(planOf(scale), 0, true)).toEqual([{ replicas: 4 }]);
    expect(expectedByUndo(planOf(scale), 0, false)).toEqual([{ replicas: 4 }, { replicas: 2 }]);
  });
});

test.each([
  [rollback, { release: 'r1' }],
  [{ action: 'deploy-release', parameters: { release: 'r3' } }, { release: 'r3' }],
  [{ action: 'rollback-config', parameters: { to: 'c1' } }, { configuration: 'c1' }],
  [{ action: 'apply-config', parameters: { version: 'c3' } }, { configuration: 'c3' }],
  [scale, { replicas: 4 }],
  [{ action: 'drain', parameters: { taskId: 'a' } }, { 'replica a': 'draining' }],
  [
    { action: 'restart', parameters: { taskId: 'a' } },
    { release: 'r2', configuration: 'c2', 'replica a': 'in service' },
  ],
  [{ action: 'clear-sandbox', parameters: {} }, { sandbox: 'there' }],
] as const)('%j leaves %j', (step, facts) => {
  expect(factsFor(step, stateAfter(state, step))).toEqual(facts);
});

test('drain and undrain take each other back', () => {
  const drained = stateAfter(state, { action: 'drain', parameters: { taskId: 'a' } });
  expect(stateAfter(drained, { action: 'undrain', parameters: { taskId: 'a' } })).toEqual(state);
});

test('what is to have nothing running is not restarted; what has lost everything is', () => {
  const nothing = { ...state, replicas: [] };
  expect(actions.restart.choose?.({ ...nothing, desiredReplicas: 0 }, {})).toEqual({
    ok: false,
    reason: 'nothing of it runs',
  });
  expect(actions.restart.choose?.(nothing, {})).toEqual({ ok: true, parameters: {} });
});

test('stop and start take each other back, and neither does what is so already', () => {
  const stopped = stateAfter(state, { action: 'stop', parameters: {} });
  expect(factsFor({ action: 'start', parameters: {} }, stopped)).toEqual({ 'it is': 'stopped' });
  expect(stateAfter(stopped, { action: 'start', parameters: {} })).toEqual(state);
  expect(actions.stop.choose?.(stopped, {})).toEqual({ ok: false, reason: 'it is stopped already' });
  expect(actions.start.choose?.(state, {})).toEqual({ ok: false, reason: 'it runs already' });
});

describe('a difference', () => {
  test('is told with what was and what is; any expected state will do', () => {
    expect(difference([{ replicas: 4 }, { replicas: 2 }], scale, state)).toBeNull();
    expect(difference([{ replicas: 4 }], scale, state)).toBe('replicas was 4, is 2');
  });

  test('is there when nothing is expected, or something else than the action depends on', () => {
    expect(difference([], scale, state)).toBe('what it depends on was not recorded');
    expect(difference([{}], scale, state)).toBe('replicas was not reported, is 2');
    expect(difference([{ replicas: 2, release: 'r2' }], scale, state)).toBe(
      'release was r2, is not reported',
    );
  });

  test('shows names of foreign systems as one harmless line', () => {
    const odd = { ...state, release: 'r3\n\u202e# all is well' };
    expect(difference([{ release: 'r2' }], rollback, odd)).toBe('release was r2, is r3 # all is well');
  });

  test('is another target or another owner, too', () => {
    const performed = { ...scale, target, executor: 'mock' };
    const expected = [{ replicas: 2 }];
    expect(changedSince(expected, performed, state)).toBeNull();
    expect(changedSince(expected, performed, { ...state, executor: 'other' })).toContain('executor other');
    const elsewhere = { ...state, target: { ...target, service: 'payments' } };
    expect(changedSince(expected, performed, elsewhere)).toContain('another target');
  });
});
