// What must still be so when an effect is let out. A plan is about the target as it was seen when the plan was made; people
// and pipelines change targets meanwhile. For each action only what it overwrites or builds on counts: a rollback of the
// release does not mind another number of replicas. An undo expects what the step it undoes has left behind.

import { type ObservedState, targetKey } from '../inventory/target.ts';
import { plainLine } from '../text.ts';
import type { Facts } from './actions/action.ts';
import { actions } from './actions/index.ts';
import type { Plan, PlanStep } from './plan.ts';
import type { TargetState } from './target.ts';

/** What was seen of a target right now; `unseen` says why nothing was: that never counts as "unchanged". */
export type Sighting =
  | {
      readonly kind: 'seen';
      readonly state: TargetState;
      /** How many targets of its tier there are in its environment, where that was looked at. */
      readonly peers?: number;
    }
  | { readonly kind: 'unseen'; readonly reason: string };

type Performed = Pick<PlanStep, 'action' | 'parameters'>;

/** What the action depends on, in this state. */
export function factsFor({ action, parameters }: Performed, state: ObservedState): Facts {
  return actions[action].dependsOn(state, parameters);
}

/** The state when nothing but this action changes it, as far as actions depend on it. */
export function stateAfter(state: TargetState, { action, parameters }: Performed): TargetState {
  return { ...state, ...actions[action].expect(state, parameters) };
}

/** What a step of a plan expects to find: the state the plan was made on, changed by the steps before it on its target. */
export function expectedBefore(plan: Plan, index: number): Facts {
  const step = stepAt(plan, index);
  return factsFor(step, stateBefore(plan, index));
}

/**
 * What the undo of a step expects to find: what the step left. When nobody knows whether the step happened, it may also
 * find the state before it; restoring that changes nothing, and closes the way for a call that is late.
 */
export function expectedByUndo(plan: Plan, index: number, certain: boolean): readonly Facts[] {
  const step = stepAt(plan, index);
  const before = stateBefore(plan, index);
  const after = factsFor(step, stateAfter(before, step));
  return certain ? [after] : [after, factsFor(step, before)];
}

/** In words, how what is seen differs from everything that was expected; null when it is as expected. */
export function difference(
  expected: readonly Facts[],
  performed: Performed,
  state: TargetState,
): string | null {
  const seen = factsFor(performed, state);
  const [first] = expected;
  // An intent that does not say what it expects may not rely on anything.
  if (first === undefined) return 'what it depends on was not recorded';
  if (expected.some((facts) => differing(facts, seen).length === 0)) return null;
  const names = differing(first, seen);
  return names.map((name) => `${name} was ${said(first[name])}, is ${said(seen[name])}`).join('; ');
}

/** Names of executor and target that are not those of the plan, or the difference in state: one sentence, or null. */
export function changedSince(
  expected: readonly Facts[],
  performed: Performed & Pick<PlanStep, 'target' | 'executor'>,
  sighting: TargetState,
): string | null {
  if (sighting.executor !== performed.executor)
    return `it belongs to executor ${said(sighting.executor)} now, not to ${said(performed.executor)}`;
  if (targetKey(sighting.target) !== targetKey(performed.target))
    return 'another target was seen in its place';
  return difference(expected, performed, sighting);
}

function stateBefore(plan: Plan, index: number): TargetState {
  const { target, before } = stepAt(plan, index);
  return plan.steps
    .slice(0, index)
    .filter((earlier) => targetKey(earlier.target) === targetKey(target))
    .reduce(stateAfter, before);
}

function stepAt(plan: Plan, index: number): PlanStep {
  const step = plan.steps[index];
  if (step === undefined) throw new Error(`the plan has no step ${index}`);
  return step;
}

function differing(expected: Facts, seen: Facts): readonly string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(seen)]);
  return [...names].filter((name) => expected[name] !== seen[name]);
}

function said(value: string | number | boolean | undefined): string {
  return value === undefined ? 'not reported' : plainLine(String(value), 100);
}
