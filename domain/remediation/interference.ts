// Steps of one plan that would get in each other's way: two on the same target can undo or hide one another.

import { targetKey } from '../inventory/target.ts';
import type { PlanStep } from './plan.ts';

/** Pairs of step numbers (from 0) on the same target; empty for a plan whose steps are independent. */
export function interferingSteps(
  steps: readonly Pick<PlanStep, 'target'>[],
): readonly (readonly [number, number])[] {
  return steps.flatMap(({ target }, second) => {
    const first = steps.findIndex((step) => targetKey(step.target) === targetKey(target));
    return first < second ? [[first, second] as const] : [];
  });
}
