/** Between the steps of a plan: the next one waits until what the ones before did is there. */
import { describe, expect, it } from 'vitest';
import type { TargetRef } from '../../../domain/inventory/target.ts';
import type { Plan, PlanStep } from '../../../domain/remediation/plan.ts';
import { notYetSeen, stepsToBeSeen } from '../../../domain/remediation/postcondition.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { target } from './plans.ts';

const before = target('api');
const step = (action: PlanStep['action'], parameters: PlanStep['parameters'], state = before): PlanStep => ({
  ...{ action, parameters, target: state.target, executor: state.executor, before: state },
  ...{ inverse: null, reversible: true, risk: 'low', downtimeSeconds: 0, blastRadius: 0 },
});
const planOf = (...steps: PlanStep[]): Plan => ({
  ...{ incidentId: 'i', attempt: 1, cause: 'traffic-surge', reason: '', risk: 'low' },
  steps,
});
const [one] = before.replicas;
if (one === undefined) throw new Error('the example has replicas');
const running = (count: number): TargetState['replicas'] =>
  Array.from({ length: count }, (_, at) => ({ ...one, id: `api-${at + 1}`, state: 'running' as const }));
const seen = (by: Partial<TargetState>) => ({ kind: 'seen', state: { ...before, ...by } }) as const;

describe('after a scaling', () => {
  const scaling = step('scale', { replicas: 4 });
  const plan = planOf(scaling, step('restart', {}));
  it.each<[string, Partial<TargetState>, RegExp | null]>([
    ['all are there', { desiredReplicas: 4, replicas: running(4) }, null],
    ['it is not seen', {}, /replicas is 2, not 4 yet/],
    ['the new ones are starting', { desiredReplicas: 4, replicas: running(2) }, /2 of 4 replicas are ready/],
    ['they run and are not ready', { desiredReplicas: 4, replicas: running(4), readyReplicas: 3 }, /3 of 4/],
    [
      'a rollout goes on',
      { desiredReplicas: 4, replicas: running(4), rollout: { inProgress: true, detail: '3 of 4' } },
      /a rollout is in progress \(3 of 4\)/,
    ],
    [
      'somebody changed the release',
      { desiredReplicas: 4, replicas: running(4), release: 'v9' },
      /release is v9/,
    ],
  ])('%s', (_what, by, missing) => {
    const words = notYetSeen(plan, 1, scaling, seen(by));
    if (missing === null) expect(words).toBeNull();
    else expect(words).toMatch(missing);
  });
});

it('a target that cannot be seen has nothing to show', () => {
  const drained = step('drain', { taskId: one.id });
  const words = notYetSeen(planOf(drained, step('restart', {})), 1, drained, {
    kind: 'unseen',
    reason: 'away',
  });
  expect(words).toContain('cannot be seen: away');
});

it('what a step has drained need not serve, and those that did not serve before are not waited for', () => {
  const drained = step('drain', { taskId: one.id });
  const after = before.replicas.map((replica) =>
    replica.id === one.id ? { ...replica, state: 'draining' as const } : replica,
  );
  expect(notYetSeen(planOf(drained, step('restart', {})), 1, drained, seen({ replicas: after }))).toBeNull();
  const down = {
    ...before,
    replicas: before.replicas.map((replica) => ({ ...replica, state: 'exited' as const })),
  };
  const release = step('rollback-release', { to: 'v1' }, down);
  const there = { kind: 'seen', state: { ...down, release: 'v1' } } as const;
  expect(notYetSeen(planOf(release, step('restart', {}, down)), 1, release, there)).toBeNull();
});

it('is asked once for each target, with everything that was done to it', () => {
  const other = target('db');
  const plan = planOf(
    step('scale', { replicas: 4 }),
    step('restart', {}, other),
    step('restart', {}),
    step('drain', {}),
  );
  const names = (steps: readonly { target: TargetRef }[]) => steps.map(({ target: { service } }) => service);
  expect(names(stepsToBeSeen(plan, 3)).toSorted()).toEqual(['api', 'db']);
  expect(stepsToBeSeen(plan, 0)).toEqual([]);
});
