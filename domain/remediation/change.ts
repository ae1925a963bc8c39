// What a step changes, in words: before → after, and how it is undone. Written here from the state before and the meaning
// of the action in the catalogue; nobody's free text takes part.

import type { Change } from './actions/action.ts';
import { actions } from './actions/index.ts';
import { lostBy } from './catalogue.ts';
import type { PlanStep } from './plan.ts';

export type Undo = {
  /** `inverse`: a step of its own, run when the fix does not help. */
  readonly kind: 'inverse' | 'nothing-to-undo' | 'cannot-be-undone';
  readonly text: string;
};

type StepFacts = Pick<PlanStep, 'action' | 'parameters' | 'before'>;

/** The target before the step and, if it works, after it. */
export function changeOf({ action, parameters, before }: StepFacts): Change {
  return actions[action].describe(before, parameters);
}

/** How the step is undone if it does not help. */
export function undoOf({
  action,
  inverse,
  reversible,
  before,
}: Pick<PlanStep, 'action' | 'inverse' | 'reversible' | 'before'>): Undo {
  const lost = reversible ? null : lostBy(action, before);
  if (inverse !== null) {
    const { after } = changeOf({ ...inverse, before });
    const but = lost === null ? '' : `, but ${lost}`;
    return { kind: 'inverse', text: `${after} again (${inverse.action})${but}` };
  }
  if (reversible) return { kind: 'nothing-to-undo', text: 'nothing to undo' };
  return {
    kind: 'cannot-be-undone',
    text: lost === null ? 'cannot be undone' : `cannot be undone: ${lost}`,
  };
}
