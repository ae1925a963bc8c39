// What policy says of a stored plan, asked with what its analysis has stored. Nothing of it is taken from whoever calls: a
// caller names a plan, and no more. The verdict is stored beside the plan for people to read; the gate asks policy itself.

import { evaluate } from '../domain/policy/evaluate.ts';
import type { ActivityDeps } from './deps.ts';
import { finalFailure } from './failures.ts';
import type { Activities } from './types.ts';

export function createEvaluatePolicy({
  plans,
  diagnoses,
  policy,
}: Pick<ActivityDeps, 'plans' | 'diagnoses' | 'policy'>): Activities['evaluatePolicy'] {
  return async ({ planHash }) => {
    const hashedPlan = await plans.plan(planHash);
    if (hashedPlan === null) throw finalFailure('UnknownPlan', `there is no plan ${planHash} to judge`);
    const { plan } = hashedPlan;
    const verdict = evaluate(plan, policy, await diagnoses.context(plan.incidentId, plan.attempt));
    await plans.saveVerdict(planHash, verdict);
    return verdict;
  };
}
