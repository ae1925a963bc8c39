// The parts of the card as lines of mrkdwn; an empty list leaves the part out.

import {
  type Briefing,
  type CitedEvidence,
  forGoodText,
  paceText,
  preflightText,
  type StepBriefing,
} from '../../domain/incident/briefing.ts';
import { shortIncidentId } from '../../domain/incident/incident-id.ts';
import { times, whyAsked } from '../../domain/incident/words.ts';
import { code, escaped, localTime } from './text.ts';

/** A plan of more steps is not shown whole, and so not approved here. */
export const shownSteps = 8;

export function symptomLines({ symptoms, moreAnomalies, returns, follows }: Briefing): string[] {
  if (symptoms.length === 0) return [];
  return [
    '*What is wrong*',
    ...symptoms.map(({ service, text, clearedMs }) => {
      const over = clearedMs === null ? '' : ` _(over since ${localTime(clearedMs)})_`;
      return `• ${code(service)} ${escaped(text)}${over}`;
    }),
    ...(follows === null
      ? []
      : [`_The same symptom as in ${code(shortIncidentId(follows.incidentId))}, which had ended._`]),
    ...(returns > 0 ? [`_It comes and goes: it has come back ${times(returns)}._`] : []),
    ...(moreAnomalies > 0 ? [`• and ${moreAnomalies} more`] : []),
  ];
}

export function causeLines({ diagnosis }: Briefing): string[] {
  if (diagnosis === null) return [];
  const { hypotheses, inconclusive, reason, missing, contested, model } = diagnosis;
  const [best, ...others] = hypotheses;
  return [
    '*Likely cause*',
    ...(best === undefined
      ? []
      : [
          `${code(best.cause)} of ${code(best.service)}: ${escaped(best.reason)}`,
          ...best.evidenceFor.map((one) => evidenceLine('for', one)),
          ...best.evidenceAgainst.map((one) => evidenceLine('against', one)),
        ]),
    ...(others.length === 0
      ? []
      : [
          `Less likely: ${others.map(({ cause, service }) => `${code(cause)} of ${code(service)}`).join(', ')}`,
        ]),
    ...(inconclusive ? [`*Inconclusive:* ${escaped(reason)}`] : []),
    ...(contested ? ['*Contested:* the two analyses disagree, so a person is asked.'] : []),
    ...(model === null ? [] : [`_Words of a language model:_ ${escaped(model)}`]),
    ...(missing.length === 0 ? [] : [`Missing: ${missing.map(escaped).join('; ')}`]),
  ];
}

function evidenceLine(side: 'for' | 'against', { id, finding, provenance }: CitedEvidence): string {
  const source = provenance === null || provenance === 'measured' ? '' : ` _(${provenance})_`;
  return `• ${side} ${code(id)} ${escaped(finding)}${source}`;
}

export function planLines({ plan, policy }: Briefing): string[] {
  if (plan === null) return [];
  const steps = plan.steps.slice(0, shownSteps).flatMap((step, index) => stepLines(step, index + 1));
  return [
    `*Plan* ${code(plan.planHash.slice(0, 12))} · risk *${plan.risk}*`,
    ...steps,
    ...(plan.steps.length > shownSteps ? [`and ${plan.steps.length - shownSteps} more steps`] : []),
    ...(forGoodText(plan) === '' ? [] : [`:warning: *For good:* ${escaped(forGoodText(plan))}`]),
    ...(preflightText(plan) === '' ? [] : [`Preflight: ${escaped(preflightText(plan))}`]),
    ...(paceText(plan) === '' ? [] : [`Whether it helped: ${paceText(plan)}`]),
    ...(policy === null
      ? []
      : [`Policy: ${policy.verdict} (rule ${code(policy.rule)}): ${escaped(policy.reason)}`]),
  ];
}

function stepLines(step: StepBriefing, number: number): string[] {
  const { action, target, parameters, before, after, risk, downtimeSeconds, blastRadius, undo, executor } =
    step;
  const given = parameters.length === 0 ? '' : ` ${parameters.map(code).join(' ')}`;
  const cost = downtimeSeconds === 0 ? 'no downtime' : `about ${downtimeSeconds} s with less capacity`;
  const share = `touches ${Math.round(blastRadius * 100)} % of the capacity`;
  return [
    `${number}. *${action}* ${code(target)}${given} by ${code(executor)}`,
    `    ${escaped(before)}  →  ${escaped(after)}`,
    `    risk ${risk} · ${cost} · ${share} · undo: ${escaped(undo.text)}`,
  ];
}

export function approvalLines({ approval, status, stopping }: Briefing): string[] {
  if (approval === null || stopping !== null) return [];
  const { role, quorum, given, deadlineMs, outcome, rejectedBy, reason } = approval;
  const people = given.map((actor) => code(actor)).join(', ');
  const so = given.length === 0 ? 'nobody so far' : `given by ${people} (${given.length} of ${quorum})`;
  switch (outcome) {
    case 'pending':
      return status === 'awaiting-approval'
        ? [
            `*Approval needed:* ${quorum} × ${role} until ${localTime(deadlineMs)} · ${so}`,
            ...(approval.because === null ? [] : [`_${escaped(whyAsked(approval))}_`]),
          ]
        : [];
    case 'granted':
      return [`*Approved* by ${people || 'quorum'}`];
    case 'rejected':
      return [
        `*Rejected* by ${code(rejectedBy ?? 'somebody')}${reason === '' ? '' : `: ${escaped(reason)}`}`,
      ];
    case 'expired':
      return [`*Nobody decided* until ${localTime(deadlineMs)} · ${so}`];
    case 'withdrawn':
      return ['*The approval is not needed any more.*'];
  }
}

export function effectLines({ effects, verification, compensation }: Briefing): string[] {
  return [
    ...(effects.length === 0 ? [] : ['*Done so far*']),
    ...effects.map(
      ({ step, status, summary }) =>
        `• ${code(step)} ${status.replaceAll('-', ' ')}${summary === '' ? '' : `: ${escaped(summary)}`}`,
    ),
    ...(verification === null
      ? []
      : [`*Verification:* ${verification.outcome}, ${escaped(verification.reason)}`]),
    ...(compensation === null || compensation.notUndone.length === 0
      ? []
      : [`*Could not be undone:* ${compensation.notUndone.map(code).join(', ')}`]),
  ];
}

export function endingLines(briefing: Briefing): string[] {
  const { continuedIn, leftPaused } = briefing;
  const later = continuedIn.map((id) => code(shortIncidentId(id))).join(', ');
  const paused = leftPaused.map((sentence) => `:warning: ${escaped(sentence)}`);
  return [...howItEnded(briefing), ...paused, ...(later === '' ? [] : [`_Continued in ${later}._`])];
}

function howItEnded({ ending, status }: Briefing): string[] {
  if (ending === null) return [];
  const by = ending.actor === '' ? '' : ` by ${code(ending.actor)}`;
  const reason = ending.reason === '' ? '' : `: ${escaped(ending.reason)}`;
  if (status === 'handed-over') {
    const whose = ending.outcome === 'taken-over' ? '*Taken over*' : '*Handed to a person*';
    return [`${whose}${by}${reason}`, 'It stays open until it is over, or somebody closes it.'];
  }
  if (ending.end === 'cleared') return [`*Over*${reason}`];
  return [`*Closed as ${ending.outcome.replaceAll('-', ' ')}*${by}${reason}`];
}
