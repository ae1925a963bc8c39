// Who has to ask for a rollback: admins, and as many of them as approve a plan with the risk that undoing has.

import { riskOf } from '../remediation/catalogue.ts';
import type { PlanStep } from '../remediation/plan.ts';
import { stateAfter } from '../remediation/precondition.ts';
import type { PolicyConfig } from './config.ts';
import { policyFor } from './requirement.ts';

export const rollbackRole = 'admin';

const defaultMinutes = 30;
/** A request is about now: a deadline of days for a plan is none for taking something back. */
const longestMinutes = 24 * 60;
/** What policy would not allow at all takes as many as high risk does by default. */
const peopleWhereDenied = 2;

/** How many people have to ask, and for how long the request holds. */
export function rollbackTerms(
  step: Pick<PlanStep, 'action' | 'parameters' | 'before' | 'target'>,
  inverse: NonNullable<PlanStep['inverse']>,
  policy: PolicyConfig,
): { readonly quorum: number; readonly holdsMs: number } {
  const risk = riskOf(inverse.action, stateAfter(step.before, step), inverse.parameters);
  const { requirement } = policyFor(policy, step.target.environment, risk);
  const asks = typeof requirement === 'string' ? null : requirement;
  return {
    quorum: asks?.quorum ?? (requirement === 'deny' ? peopleWhereDenied : 1),
    holdsMs: Math.min(longestMinutes, asks?.deadlineMinutes ?? defaultMinutes) * 60_000,
  };
}
