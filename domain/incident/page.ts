// An incident on one page for a person, as markdown: what is wrong, why, what is planned, what it waits for.

import {
  type Briefing,
  briefing,
  type DiagnosisBriefing,
  forGoodText,
  type PlanBriefing,
  paceText,
  preflightText,
  stepLine,
} from './briefing.ts';
import type { IncidentState } from './state.ts';
import { times, timeText, whyAsked } from './words.ts';

/** The page of an incident in this state; `waitingFor` is empty when it waits for nothing. */
export function incidentPage(state: IncidentState, waitingFor: string): string {
  const facts = briefing({ state });
  return [
    // First: whoever opens the page asks what is needed of them.
    waitingFor === '' ? '' : `**Waiting for** ${waitingFor}`,
    stopText(state),
    `### ${facts.title}`,
    headline(facts),
    heldText(state),
    symptomList(facts),
    facts.diagnosis === null ? '' : diagnosisText(facts.diagnosis),
    facts.plan === null ? '' : planText(facts.plan),
    policyText(facts),
    effectList(facts),
    facts.verification === null
      ? ''
      : `**Verification** ${facts.verification.outcome}: ${facts.verification.reason}`,
    ...facts.leftPaused.map((sentence) => `**Left paused** ${sentence}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** A message of a few lines for a person: what is wrong, the likely cause, the plan, and why it is sent. */
export function incidentSummary(state: IncidentState, why: string): string {
  const { severity, title, environment, service, diagnosis, plan, effects, leftPaused } = briefing({ state });
  const cause = diagnosis?.hypotheses[0];
  return [
    `${severity}: ${title} (${environment}/${service})`,
    why,
    cause === undefined ? '' : `likely cause: ${cause.cause} in ${cause.service}, ${cause.reason}`,
    diagnosis?.model ?? '',
    plan === null ? '' : `plan: ${plan.steps.map(stepLine).join(', then ')}`,
    effects.length === 0 ? '' : `done: ${effects.map(({ step, status }) => `${step} ${status}`).join(', ')}`,
    ...leftPaused,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function stopText({ stop, outcome }: IncidentState): string {
  if (stop === undefined || outcome !== null) return '';
  const what = stop.kind === 'take-over' ? 'took over' : 'aborted';
  return `**${stop.actor} ${what}**: nothing more is sent; the outcome of the call in flight is awaited`;
}

function heldText({ held }: IncidentState): string {
  if (held === undefined) return '';
  return `**Cannot tell whether it helped** (${held.reason}). The change stays. Take over to keep it, abort to undo it; Sentinel keeps looking until ${timeText(held.deadlineMs)}.`;
}

function headline({ status, outcome, severity, environment, service, attempt, onsetMs }: Briefing): string {
  const where = outcome === null ? status : `${status}: ${outcome}`;
  const analysis = attempt > 1 ? ` · analysis ${attempt}` : '';
  return `**${where}** · ${severity} · ${environment}/${service}${analysis} · onset ${timeText(onsetMs)}`;
}

function symptomList({ symptoms, moreAnomalies, returns }: Briefing): string {
  if (symptoms.length === 0) return '';
  const lines = symptoms.map(
    ({ service, text, clearedMs }) => `- ${service}: ${text}${clearedMs === null ? '' : ' _(cleared)_'}`,
  );
  return [
    '**What is wrong**',
    ...lines,
    ...(returns > 0 ? [`- it comes and goes: it has come back ${times(returns)}`] : []),
    ...(moreAnomalies > 0 ? [`- and ${moreAnomalies} more`] : []),
  ].join('\n');
}

function diagnosisText({
  hypotheses,
  inconclusive,
  reason,
  missing,
  contested,
  model,
}: DiagnosisBriefing): string {
  const ids = (cited: readonly { id: string }[]): string => cited.map(({ id }) => id).join(' ');
  const lines = hypotheses.map(
    ({ cause, service, score, reason: why, evidenceFor, evidenceAgainst }, index) => {
      const against = evidenceAgainst.length > 0 ? `, against: ${ids(evidenceAgainst)}` : '';
      const evidence = `for: ${ids(evidenceFor) || 'none'}${against}`;
      return `${index + 1}. ${cause} in ${service} (${score.toFixed(2)}): ${why} [${evidence}]`;
    },
  );
  const doubt = inconclusive ? [`Inconclusive: ${reason}`] : [];
  const gaps = missing.length > 0 ? [`Missing: ${missing.join('; ')}`] : [];
  const said = model === null ? [] : [`_${model}_`];
  const asks = contested ? ['**Contested**: the two analyses disagree, so a person is asked.'] : [];
  return ['**Most likely cause**', ...lines, ...doubt, ...gaps, ...asks, ...said].join('\n');
}

function planText(plan: PlanBriefing): string {
  const { planHash, risk, reason, steps } = plan;
  const pace = paceText(plan);
  const checked = preflightText(plan);
  const lines = steps.map(
    (step, index) =>
      `${index + 1}. ${stepLine(step)}: ${step.before} → ${step.after}; risk ${step.risk}; ${step.undo.text}`,
  );
  return [
    `**Plan** \`${planHash.slice(0, 12)}\`, risk ${risk}: ${reason}`,
    ...lines,
    ...(forGoodText(plan) === '' ? [] : [`**For good:** ${forGoodText(plan)}`]),
    ...(checked === '' ? [] : [`Preflight: ${checked}`]),
    ...(pace === '' ? [] : [`Whether it helped: ${pace}`]),
  ].join('\n');
}

function policyText({ policy, approval }: Briefing): string {
  if (policy === null) return '';
  const because = approval === null ? '' : whyAsked(approval);
  const who =
    approval === null
      ? ''
      : ` Needs ${approval.quorum} × ${approval.role} until ${timeText(approval.deadlineMs)}${because === '' ? '' : `; ${because}`}.`;
  return `**Policy** ${policy.verdict} (rule ${policy.rule}): ${policy.reason}${who}`;
}

function effectList({ effects }: Briefing): string {
  if (effects.length === 0) return '';
  const lines = effects.map(
    ({ step, status, summary }) => `- ${step}: ${status}${summary === '' ? '' : `, ${summary}`}`,
  );
  return ['**Done**', ...lines].join('\n');
}
