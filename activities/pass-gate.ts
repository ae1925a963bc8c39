// Asks the gate, with a fresh look at the target: the gate compares it with what the plan was made on. The look is made
// here, by the executor of the stored plan; nothing that the workflow says takes part.

import { peersOf } from '../domain/inventory/at-once.ts';
import type { Plan, PlanStep } from '../domain/remediation/plan.ts';
import { notYetSeen, stepsToBeSeen } from '../domain/remediation/postcondition.ts';
import type { Sighting } from '../domain/remediation/precondition.ts';
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
    const plan = await storedPlan(plans, input);
    const step = plan?.steps[input.step];
    if (plan === undefined || step === undefined) return gate.pass(input, unseen('no such step is stored'));
    const look = async ({ target, executor: name }: PlanStep): Promise<Sighting> => {
      const executor = executors.forTarget(target, name);
      if (executor === null) return unseen(`no executor "${name}" is configured for it`);
      return sight(executor, target);
    };
    const unfinished = input.direction === 'forward' ? await unfinishedBefore(plan, input.step, look) : null;
    const [sighting, all] = await Promise.all([
      look(step),
      observeTargets(startGathering(observeTimeoutMs), executors, step.target.environment),
    ]);
    const seen = sighting.kind === 'seen' ? { ...sighting, peers: peersOf(sighting.state, all) } : sighting;
    return gate.pass(input, seen, unfinished);
  };
}

/** What the steps before have done has to be seen before the next one goes. */
async function unfinishedBefore(
  plan: Plan,
  index: number,
  look: (step: PlanStep) => Promise<Sighting>,
): Promise<string | null> {
  for (const step of stepsToBeSeen(plan, index)) {
    const missing = notYetSeen(plan, index, step, await look(step));
    if (missing !== null) return missing;
  }
  return null;
}

/** A plan whose bytes are not those that were hashed has no steps; the gate says so. */
async function storedPlan(
  plans: Pick<PlanStore, 'plan'>,
  { planHash }: GateInput,
): Promise<Plan | undefined> {
  try {
    return (await plans.plan(planHash))?.plan;
  } catch (error) {
    if (error instanceof Error && error.name === 'PlanHashMismatch') return undefined;
    throw error;
  }
}
