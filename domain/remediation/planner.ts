// From a diagnosis to one plan, or to a reason why nothing is done. A plan only ever holds an action of the catalogue,
// on a target of the inventory, inside the incident's blast set, that was not tried before.

import { harmlessCauses } from '../diagnosis/causes.ts';
import type { Diagnosis, Hypothesis } from '../diagnosis/diagnosis.ts';
import { thresholds } from '../diagnosis/thresholds.ts';
import { type KeptResource, resolve } from '../inventory/resolve.ts';
import { targetKey } from '../inventory/target.ts';
import { type ActionParameters, type RiskLevel, riskLevels } from './actions/action.ts';
import { type ActionId, actions } from './actions/index.ts';
import { checkParameters, costOf, inverseOf, isReversible, riskOf } from './catalogue.ts';
import { type Plan, type PlanStep, stepKey } from './plan.ts';
import { stateAfter } from './precondition.ts';
import type { Candidate, Runbook } from './runbook.ts';
import type { TargetState } from './target.ts';

export type PlanningInput = {
  readonly incidentId: string;
  readonly attempt: number;
  readonly diagnosis: Diagnosis;
  /** What the executors report now; the only things that can be acted on. */
  readonly targets: readonly TargetState[];
  /** What instances have said of themselves; tells targets of one name apart. */
  readonly resources: readonly KeptResource[];
  /** Step keys that were tried in this incident, whatever came of them. */
  readonly tried: readonly string[];
  readonly runbook: Runbook;
  /** Services of the incident's anomalies and their neighbours in the graph. */
  readonly blastSet: ReadonlySet<string>;
};

export type Planned =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | {
      readonly kind: 'nothing';
      readonly reason: string;
      /** True when leaving the system alone is right, not merely all that is left. */
      readonly harmless: boolean;
    };

/**
 * The first candidate of the best hypothesis that is still untried and possible; after that the next hypothesis about
 * the same trouble. A hypothesis that calls for leaving things alone, or for a person, ends the search.
 */
export function makePlan(input: PlanningInput): Planned {
  const { diagnosis, runbook } = input;
  if (diagnosis.inconclusive) return nothing(`The diagnosis is inconclusive: ${diagnosis.reason}`);
  const skipped: string[] = [];
  // The likeliest service, when nothing could be tried there: acting on a less likely one instead would be a guess.
  let stuckAt: string | null = null;
  for (const hypothesis of diagnosis.hypotheses) {
    const { cause, scope, score } = hypothesis;
    if (score < thresholds.rank.floor) break;
    if (stuckAt !== null && scope.service !== stuckAt) continue;
    if (harmlessCauses.includes(cause)) {
      return nothing(`${cause} in ${scope.service}: leaving it alone is right.`, skipped.length === 0);
    }
    const { candidates } = runbook[cause];
    if (candidates.length === 0) {
      return nothing(`${cause} in ${scope.service}: no action of ours repairs this; a person has to.`);
    }
    for (const candidate of ordered(candidates, hypothesis, diagnosis)) {
      const steps = makeSteps(candidate, hypothesis, input);
      if (typeof steps !== 'string') return { kind: 'plan', plan: planOf(steps, hypothesis, input) };
      if (steps !== triedAlready) stuckAt ??= scope.service;
      skipped.push(`${candidate.action} on ${scope.service}: ${steps}`);
    }
  }
  return nothing(
    skipped.length === 0 ? 'No hypothesis is strong enough.' : `Nothing left to try. ${skipped.join('; ')}.`,
  );
}

const triedAlready = 'was tried already';

function nothing(reason: string, harmless = false): Planned {
  return { kind: 'nothing', reason, harmless };
}

/** Candidates that need a suspicion come in the order of how strong it is; without it they are left out. */
function ordered(
  candidates: readonly Candidate[],
  { scope }: Hypothesis,
  { hypotheses }: Diagnosis,
): readonly Candidate[] {
  const suspicion = ({ whenSuspected }: Candidate) =>
    hypotheses.find(({ cause, scope: its }) => cause === whenSuspected && its.service === scope.service)
      ?.score;
  const unconditional = candidates.filter(({ whenSuspected }) => whenSuspected === undefined);
  const suspected = candidates
    .flatMap((candidate) => {
      const score = candidate.whenSuspected === undefined ? undefined : suspicion(candidate);
      return score === undefined ? [] : { candidate, score };
    })
    .sort((a, b) => b.score - a.score)
    .map(({ candidate }) => candidate);
  return [...suspected, ...unconditional];
}

/** All steps of the candidate, or why there is none: half of a sequence is no remedy. */
function makeSteps(
  { action: first, followedBy = [] }: Candidate,
  hypothesis: Hypothesis,
  input: PlanningInput,
): readonly PlanStep[] | string {
  const steps: PlanStep[] = [];
  for (const action of [first, ...followedBy]) {
    const pause = pauseBefore(action, hypothesis, input, steps);
    if (typeof pause === 'string') return pause;
    steps.push(...pause);
    const step = makeStep(action, hypothesis, input, steps);
    if (typeof step === 'string') return action === first ? step : `${action} after it: ${step}`;
    steps.push(step);
  }
  return steps;
}

/** The step that lets this action last, where its owner would take it back and may be paused: people approve it with the rest. */
function pauseBefore(
  action: ActionId,
  hypothesis: Hypothesis,
  input: PlanningInput,
  earlier: readonly PlanStep[],
): readonly PlanStep[] | string {
  const resolved = resolve(hypothesis.scope, input.targets, input.resources);
  if (!resolved.ok) return []; // told by the step itself
  const { owner } = earlier.reduce(stateAfter, resolved.target);
  const helps =
    owner?.reverts.includes(action) && owner.sync?.is === 'on' && owner.sync.lifts.includes(action);
  if (helps !== true) return [];
  const step = makeStep('pause-sync', hypothesis, input, earlier, {});
  return typeof step === 'string' ? `pausing ${owner?.name} before it: ${step}` : [step];
}

/** The step after those before it, or why there is none. */
function makeStep(
  action: ActionId,
  hypothesis: Hypothesis,
  input: PlanningInput,
  earlier: readonly PlanStep[],
  /** Of what is no remedy: the planner's own reason for it. */
  given?: ActionParameters,
): PlanStep | string {
  const { service } = hypothesis.scope;
  // Which of several is meant is for a person to say.
  const resolved = resolve(hypothesis.scope, input.targets, input.resources);
  if (!resolved.ok) return resolved.reason;
  const before = resolved.target;
  if (!input.blastSet.has(service)) return 'outside the reach of this incident';
  if (before.protected !== undefined) return `its target is protected: ${before.protected}`;
  const now = earlier.reduce(stateAfter, before);
  if (now.owner?.reverts.includes(action))
    return `${now.owner.name} would take it back (${now.owner.detail})`;
  if (!before.supports.includes(action)) return `executor ${before.executor} cannot do this`;
  const { target, executor } = before;
  const key = stepKey({ action, target });
  const times = input.tried.filter((tried) => tried === key).length;
  if (times >= actions[action].timesPerIncident) return triedAlready;
  const { resourceId } = hypothesis.scope;
  const taken = earlier.findLast(({ inverse }) => inverse?.action === action)?.inverse?.parameters ?? given;
  const found =
    taken === undefined
      ? actions[action].choose?.(now, { resourceId, rateRatio: hypothesis.figures?.rateRatio })
      : { ok: true as const, parameters: taken };
  if (found === undefined) return 'only used to undo a step';
  if (!found.ok) return found.reason;
  const checked = checkParameters(action, found.parameters);
  if (!checked.ok) return checked.reason;
  const { parameters } = checked;
  return {
    action,
    target,
    executor,
    parameters,
    inverse: inverseOf(action, now, parameters),
    reversible: isReversible(action, now),
    risk: riskOf(action, now, parameters),
    ...costOf(action, now, parameters),
    // As it was when the plan was made: what the steps before change of it follows from them.
    before,
  };
}

function planOf(
  steps: readonly PlanStep[],
  hypothesis: Hypothesis,
  { incidentId, attempt }: PlanningInput,
): Plan {
  const { cause, reason } = hypothesis;
  return { incidentId, attempt, cause, reason, steps, risk: planRisk(steps) };
}

/** The riskiest step's; high when several targets are changed in ways that cannot be undone. */
export function planRisk(steps: readonly Pick<PlanStep, 'target' | 'risk' | 'reversible'>[]): RiskLevel {
  const irreversible = new Set(
    steps.filter(({ reversible }) => !reversible).map(({ target }) => targetKey(target)),
  );
  if (irreversible.size > 1) return 'high';
  return steps.reduce<RiskLevel>(
    (worst, { risk }) => (riskLevels.indexOf(risk) > riskLevels.indexOf(worst) ? risk : worst),
    'low',
  );
}
