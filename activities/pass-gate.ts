// Asks the gate, with a fresh look at the target: the gate compares it with what the plan was made on. The look is made
// here, by the executor of the stored plan; nothing that the workflow says takes part.

import { peersOf } from '../domain/inventory/at-once.ts';
import type { PlanStep } from '../domain/remediation/plan.ts';
import type { ActivityDeps } from './deps.ts';
import type { PlanStore } from './ports.ts';
import { sight, unseen } from './sight.ts';
import { startGathering } from './sources.ts';
import { observeTargets } from './targets.ts';
import type { Activities, GateInput } from './types.ts';

/** Who does not answer by then is not counted: fewer targets let fewer be acted on. */
const observeTimeoutMs = 4_000;

export function createPassGate({
  gate,
  plans,
  executors,
}: Pick<ActivityDeps, 'gate' | 'plans' | 'executors'>): Activities['passGate'] {
  return async (input) => {
    const step = await storedStep(plans, input);
    if (step === undefined) return gate.pass(input, unseen('no such step is stored'));
    const executor = executors.forTarget(step.target, step.executor);
    if (executor === null)
      return gate.pass(input, unseen(`no executor "${step.executor}" is configured for it`));
    const [sighting, all] = await Promise.all([
      sight(executor, step.target),
      observeTargets(startGathering(observeTimeoutMs), executors, step.target.environment),
    ]);
    return gate.pass(
      input,
      sighting.kind === 'seen' ? { ...sighting, peers: peersOf(sighting.state, all) } : sighting,
    );
  };
}

/** A plan whose bytes are not those that were hashed has no steps; the gate says so. */
async function storedStep(
  plans: Pick<PlanStore, 'plan'>,
  { planHash, step }: GateInput,
): Promise<PlanStep | undefined> {
  try {
    return (await plans.plan(planHash))?.plan.steps[step];
  } catch (error) {
    if (error instanceof Error && error.name === 'PlanHashMismatch') return undefined;
    throw error;
  }
}
