// The text a plan's hash is computed over: what policy judges and people approve is exactly this.

import { canonicalJson } from '../audit/canonical.ts';
import type { Plan } from './plan.ts';

/** Canonical JSON of everything in the plan. Throws NotCanonical for values JSON cannot carry. */
export function canonicalPlan(plan: Plan): string {
  return canonicalJson({
    ...plan,
    steps: plan.steps.map((step) => ({ ...step, before: withoutGaps(step.before) })),
  });
}

/** Optional members of a state that are present but undefined say the same as absent ones. */
function withoutGaps<T extends object>(state: T): T {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined)) as T;
}
