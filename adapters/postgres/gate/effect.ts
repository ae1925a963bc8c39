// The one effect that a gate call is about, read out of the plan: a step, or the inverse of one.

import type { GateInput } from '../../../activities/types.ts';
import { canonicalJson } from '../../../domain/audit/canonical.ts';
import { resourceWords } from '../../../domain/inventory/kinds/index.ts';
import { targetKey, targetText } from '../../../domain/inventory/target.ts';
import { actions } from '../../../domain/remediation/actions/index.ts';
import { type Intent, leasedKeys } from '../../../domain/remediation/intent.ts';
import { type Plan, stepKey } from '../../../domain/remediation/plan.ts';
import { sha256Hex } from '../digest.ts';

/** Everything of an intent but its fencing number, which the lease gives, and what it expects of the target. */
export type Effect = {
  readonly content: Omit<Intent, 'fence' | 'expects'>;
  readonly targetKey: string;
  /** What it takes hold of, its target among them, in the order of locking. */
  readonly keys: readonly string[];
  readonly stepKey: string;
};

/** The same incident, plan, step, direction and request have the same id: a repeated call finds its own intent. */
export function intentId({ incidentId, planHash, step, direction, rollback }: GateInput): string {
  const about = [incidentId, planHash, step, direction, ...(rollback === undefined ? [] : [rollback])];
  return `intent-${sha256Hex(canonicalJson(about)).slice(0, 40)}`;
}

/** Null when the plan has no such step, or the step no inverse. */
export function effectOf(input: GateInput, plan: Plan): Effect | null {
  const { incidentId, planHash, direction, rollback } = input;
  const step = plan.steps[input.step];
  if (step === undefined || (rollback !== undefined && direction === 'forward')) return null;
  const performed = direction === 'forward' ? step : step.inverse;
  if (performed === null) return null;
  const touched = actions[performed.action].touches?.(step.before, performed.parameters) ?? [];
  const touches = touched.length === 0 ? {} : { touches: touched };
  return {
    targetKey: targetKey(step.target),
    keys: leasedKeys({ target: step.target, ...touches }),
    stepKey: stepKey({ action: performed.action, target: step.target }),
    content: {
      id: intentId(input),
      incidentId,
      planHash,
      step: input.step,
      direction,
      ...(direction === 'compensation'
        ? { undoes: intentId({ incidentId, planHash, step: input.step, direction: 'forward' }) }
        : {}),
      ...(rollback === undefined ? {} : { rollback }),
      action: performed.action,
      target: step.target,
      ...touches,
      executor: step.executor,
      parameters: performed.parameters,
      // For a compensation too: the state before the step is the state to come back to.
      before: step.before,
    },
  };
}

/** For people: the effect's own target as its plan calls it, everything else by its kind. */
export function keyText({ content, targetKey: own }: Effect, key: string): string {
  return key === own ? targetText(content.target) : resourceWords(key);
}
