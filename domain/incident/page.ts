// An incident on one page for a person, as markdown: what is wrong, why, what is planned, what it waits for.

import type { HashedPlan, PlanStep } from '../remediation/plan.ts';
import { symptoms } from './anomalies.ts';
import type { IncidentState } from './state.ts';

const shownAnomalies = 6;
const shownHypotheses = 3;

/** The page of an incident in this state; `waitingFor` is empty when it waits for nothing. */
export function incidentPage(state: IncidentState, waitingFor: string): string {
  return [
    `### ${state.title}`,
    facts(state),
    waitingFor === '' ? '' : `**Waiting for** ${waitingFor}`,
    anomalyList(state),
    hypothesisList(state),
    state.hashedPlan === null ? '' : planText(state.hashedPlan),
    verdictText(state),
    effectList(state),
    verificationText(state),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** A message of a few lines for a person: what is wrong, the likely cause, the plan, and why it is sent. */
export function incidentSummary(state: IncidentState, why: string): string {
  const cause = state.diagnosis?.hypotheses[0];
  return [
    `${state.severity}: ${state.title} (${state.scope.environment}/${state.scope.service})`,
    why,
    cause === undefined ? '' : `likely cause: ${cause.cause} of ${cause.scope.service}, ${cause.reason}`,
    state.hashedPlan === null ? '' : `plan: ${state.hashedPlan.plan.steps.map(stepText).join(', then ')}`,
    state.effects.length === 0
      ? ''
      : `done: ${state.effects.map((effect) => `${effect.stepKey} ${effect.status}`).join(', ')}`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** One line a person can act on: action, target, parameters. */
export function stepText(step: Pick<PlanStep, 'action' | 'target' | 'parameters'>): string {
  const parameters = Object.entries(step.parameters).map(([name, value]) => `${name}=${value}`);
  const suffix = parameters.length === 0 ? '' : ` (${parameters.join(', ')})`;
  return `${step.action} ${step.target.environment}/${step.target.service}${suffix}`;
}

/** Instant as people read it. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

function facts(state: IncidentState): string {
  const status = state.outcome === null ? state.status : `closed: ${state.outcome}`;
  const attempt = state.attempt > 1 ? ` · analysis ${state.attempt}` : '';
  return `**${status}** · ${state.severity} · ${state.scope.environment}/${state.scope.service}${attempt} · onset ${timeText(state.onsetMs)}`;
}

function anomalyList(state: IncidentState): string {
  const all = symptoms(state);
  if (all.length === 0) return '';
  const lines = all.slice(0, shownAnomalies).map((anomaly) => {
    const over = anomaly.state === 'cleared' ? ' _(cleared)_' : '';
    return `- ${anomaly.scope.service}: ${anomaly.summary}${over}`;
  });
  const more = state.anomaliesSeen - lines.length;
  return ['**What is wrong**', ...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

function hypothesisList(state: IncidentState): string {
  if (state.diagnosis === null) return '';
  const { hypotheses, inconclusive, reason, missing } = state.diagnosis;
  const lines = hypotheses.slice(0, shownHypotheses).map((hypothesis, index) => {
    const against =
      hypothesis.evidenceAgainst.length > 0 ? `, against: ${hypothesis.evidenceAgainst.join(' ')}` : '';
    const evidence = `for: ${hypothesis.evidenceFor.join(' ') || 'none'}${against}`;
    return `${index + 1}. ${hypothesis.cause} of ${hypothesis.scope.service} (${hypothesis.score.toFixed(2)}): ${hypothesis.reason} [${evidence}]`;
  });
  const doubt = inconclusive ? [`Inconclusive: ${reason}`] : [];
  const gaps = missing.length > 0 ? [`Missing: ${missing.join('; ')}`] : [];
  return ['**Most likely cause**', ...lines, ...doubt, ...gaps].join('\n');
}

function planText({ plan, planHash }: HashedPlan): string {
  const steps = plan.steps.map((step, index) => `${index + 1}. ${stepText(step)}, risk ${step.risk}`);
  return [`**Plan** \`${planHash.slice(0, 12)}\`, risk ${plan.risk}: ${plan.reason}`, ...steps].join('\n');
}

function verdictText(state: IncidentState): string {
  if (state.verdict === null) return '';
  const approval = state.approval;
  const who =
    approval === null
      ? ''
      : ` Needs ${approval.quorum} × ${approval.role} until ${timeText(approval.deadlineMs)}.`;
  return `**Policy** ${state.verdict.kind} (rule ${state.verdict.rule}): ${state.verdict.reason}${who}`;
}

function effectList(state: IncidentState): string {
  if (state.effects.length === 0) return '';
  return ['**Done**', ...state.effects.map((effect) => `- ${effect.stepKey}: ${effect.status}`)].join('\n');
}

function verificationText(state: IncidentState): string {
  return state.verification === null
    ? ''
    : `**Verification** ${state.verification.outcome}: ${state.verification.reason}`;
}
