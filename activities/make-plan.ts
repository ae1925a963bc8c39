// From the stored diagnosis to a stored, hashed plan that its executors would accept now.

import { createHash } from 'node:crypto';
import { blastSet } from '../domain/incident/blast-set.ts';
import { refusalWords } from '../domain/incident/refusal-words.ts';
import { canonicalPlan } from '../domain/remediation/canonical-plan.ts';
import { type HashedPlan, type Plan, type PlanStep, stepKey } from '../domain/remediation/plan.ts';
import { makePlan, type PlanningInput } from '../domain/remediation/planner.ts';
import { answerTakesMs } from '../domain/remediation/verify-pace.ts';
import type { ActivityDeps } from './deps.ts';
import { previewed } from './dry-run.ts';
import { finalFailure } from './failures.ts';
import type { Executors, Previewed } from './ports/executor.ts';
import { startGathering } from './sources.ts';
import { observeTargets } from './targets.ts';
import type { Activities, PlanResult } from './types.ts';

const observeTimeoutMs = 4_000;

/** An executor that says no to this many candidates has said what it thinks of this incident. */
const maxPreviews = 5;

export function createMakePlan(
  deps: Pick<
    ActivityDeps,
    'evidence' | 'diagnoses' | 'executors' | 'plans' | 'resources' | 'runbook' | 'verification' | 'clock'
  >,
): Activities['makePlan'] {
  return async ({ incidentId, attempt, tried, environment, evidenceRef }) => {
    const diagnosis = await deps.diagnoses.of(incidentId, attempt);
    if (diagnosis === null) {
      throw finalFailure('UnknownDiagnosis', `analysis ${attempt} of ${incidentId} has stored no diagnosis`);
    }
    const gathering = startGathering(observeTimeoutMs);
    const services = diagnosis.hypotheses.map(({ scope }) => scope.service);
    const [targets, { input }, resources] = await Promise.all([
      observeTargets(gathering, deps.executors, environment),
      deps.evidence.load(evidenceRef),
      deps.resources.of(environment, [...new Set(services)]),
    ]);
    const { runbook } = deps;
    const result = await planAccepted(deps, {
      incidentId,
      attempt,
      diagnosis,
      targets,
      resources,
      tried,
      runbook,
      blastSet: blastSet(input),
    });
    if (result.kind === 'nothing') return result;
    const takesMs = answerTakesMs(input, result.hashedPlan.plan.steps, deps.verification);
    return takesMs === undefined ? result : { ...result, answerTakesMs: takesMs };
  };
}

/** The first plan whose steps the executors accept in a dry run; a refused step counts as tried. */
async function planAccepted(
  deps: Pick<ActivityDeps, 'executors' | 'plans' | 'clock'>,
  planning: PlanningInput,
): Promise<PlanResult> {
  const refusals: string[] = [];
  let tried = planning.tried;
  for (let previews = 0; previews < maxPreviews; previews += 1) {
    const planned = makePlan({ ...planning, tried });
    if (planned.kind === 'nothing') return { ...planned, reason: [planned.reason, ...refusals].join(' ') };
    const answers = await preflight(deps.executors, planned.plan);
    const refused = answers.find(({ answer }) => !answer.ok);
    if (refused === undefined) {
      const said = answers.map(({ step, answer }) => `${step.executor}: ${answer.detail}`);
      const accepted = { atMs: deps.clock.nowMs(), said };
      return { kind: 'plan', hashedPlan: await store(deps, planned.plan), preflight: accepted };
    }
    const key = stepKey(refused.step);
    const { answer } = refused;
    const why = refusalWords(answer.ok ? undefined : answer.code, answer.detail);
    refusals.push(`${key} would not be accepted: ${why}.`);
    tried = [...tried, ...Array.from({ length: maxPreviews }, () => key)];
  }
  return { kind: 'nothing', harmless: false, reason: refusals.join(' ') };
}

/** What the executors say of each step, up to the first that is refused. */
async function preflight(
  executors: Executors,
  plan: Plan,
): Promise<readonly { readonly step: PlanStep; readonly answer: Previewed }[]> {
  const answers: { readonly step: PlanStep; readonly answer: Previewed }[] = [];
  for (const step of plan.steps) {
    const answer = await preview(executors, step);
    answers.push({ step, answer });
    if (!answer.ok) break;
  }
  return answers;
}

async function preview(executors: Executors, step: PlanStep): Promise<Previewed> {
  const executor = executors.forTarget(step.target, step.executor);
  if (executor === null)
    return { ok: false, code: 'unknown-target', detail: `no executor "${step.executor}"` };
  return previewed(executor, step);
}

/** The plan as its canonical bytes read back: what is stored, hashed, shown and carried out is one and the same. */
async function store({ plans }: Pick<ActivityDeps, 'plans'>, made: Plan): Promise<HashedPlan> {
  const canonical = canonicalPlan(made);
  const plan = JSON.parse(canonical) as Plan;
  const hashedPlan = { plan, planHash: createHash('sha256').update(canonical, 'utf8').digest('hex') };
  await plans.savePlan(hashedPlan, canonical);
  return hashedPlan;
}
