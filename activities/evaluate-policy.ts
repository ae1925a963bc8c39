// What policy says of a stored plan; the verdict is stored beside it, because the gate trusts nothing else.

import { evaluate } from '../domain/policy/evaluate.ts';
import type { ActivityDeps } from './deps.ts';
import { finalFailure } from './failures.ts';
import type { Activities } from './types.ts';

export function createEvaluatePolicy({
  plans,
  policy,
}: Pick<ActivityDeps, 'plans' | 'policy'>): Activities['evaluatePolicy'] {
  return async ({ planHash, missing, contested = false }) => {
    const hashedPlan = await plans.plan(planHash);
    if (hashedPlan === null) throw finalFailure('UnknownPlan', `there is no plan ${planHash} to judge`);
    const verdict = evaluate(hashedPlan.plan, policy, { missing, contested });
    await plans.saveVerdict(planHash, verdict);
    return verdict;
  };
}
