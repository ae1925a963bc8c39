// An incident's events as sentences for a terminal. `incident watch`, `incident show` and the demo tell it this way.

import type { Diagnosis } from '../domain/diagnosis/diagnosis.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import { narrate as inWords } from '../domain/incident/narrate.ts';
import { failureWords } from '../domain/incident/refusal-words.ts';
import type { IncidentOutcome } from '../domain/incident/status.ts';
import { whyAsked } from '../domain/incident/words.ts';
import { targetText } from '../domain/inventory/target.ts';
import { nameOf } from '../domain/policy/identity.ts';
import type { Verdict } from '../domain/policy/verdict.ts';
import { undoOf } from '../domain/remediation/change.ts';
import type { PlanStep } from '../domain/remediation/plan.ts';
import type { VerificationResult } from '../domain/remediation/verification.ts';
import { scopeKey } from '../domain/scope.ts';
import type { Style } from './terminal/text.ts';
import { clean, formatDuration } from './terminal/text.ts';

export type Sentence = {
  readonly style: Style | null;
  /** One line, free of control characters. */
  readonly text: string;
  /** Further lines that belong below it. */
  readonly below: readonly string[];
};

export function narrate(event: IncidentEvent): Sentence {
  const { style, text, below = [] } = tell(event);
  return { style: style ?? null, text: clean(text), below: below.map(clean) };
}

type Told = { style?: Style; text: string; below?: readonly string[] };

function tell(event: IncidentEvent): Told {
  switch (event.type) {
    case 'incident-opened':
      return {
        style: 'bold',
        text: `Incident: ${event.title} (${event.severity}, ${scopeKey(event.scope)})`,
      };
    case 'anomaly-observed':
      return { style: 'yellow', text: `Symptom: ${event.anomaly.summary}` };
    case 'anomaly-cleared':
      return { style: 'green', text: `Symptom cleared (${event.anomalyId})` };
    case 'enrichment-started':
      return { style: 'dim', text: `Gathering evidence, attempt ${event.attempt}` };
    case 'enriched':
      return {
        text: count(event.evidenceIds.length, 'piece', 'of evidence'),
        below: event.missing.map((source) => `missing: ${source}`),
      };
    case 'diagnosed':
      return tellDiagnosis(event.diagnosis);
    case 'model-consulted':
      return { style: 'dim', text: inWords(event) };
    case 'planned': {
      const { plan, planHash } = event.hashedPlan;
      return {
        text: `Plan ${planHash.slice(0, 12)} (risk ${plan.risk}): ${plan.reason}`,
        below: plan.steps.map(describeStep),
      };
    }
    case 'nothing-to-try':
      return { text: `Nothing to try: ${event.reason}` };
    case 'decided':
      return { text: `Policy: ${describeVerdict(event.verdict)}` };
    case 'approval-requested': {
      const people = event.quorum === 1 ? `one ${event.role}` : `${event.quorum} × ${event.role}`;
      const time = formatDuration(event.deadlineMs - event.atMs);
      return {
        style: 'cyan',
        below: whyAsked(event) === '' ? [] : [whyAsked(event)],
        text: `Waiting for approval of ${event.planHash.slice(0, 12)} by ${people}, for ${time}`,
      };
    }
    case 'approval-recorded': {
      const verb = event.decision === 'approve' ? 'approves' : 'rejects';
      return {
        style: 'cyan',
        text: `${nameOf(event.actor)} ${verb}${event.reason === '' ? '' : `: ${event.reason}`}`,
      };
    }
    case 'approval-granted':
      return { style: 'cyan', text: 'Plan approved' };
    case 'approval-rejected':
      return { style: 'cyan', text: `Plan rejected by ${nameOf(event.actor)}: ${event.reason}` };
    case 'approval-expired':
      return { style: 'yellow', text: 'Approval timed out' };
    case 'gate-refused':
      if (event.reason === 'not-needed')
        return { text: `Undo of step ${event.step + 1} not needed: ${event.detail}` };
      return {
        style: 'yellow',
        text: `The gate refused step ${event.step + 1}: ${event.reason} (${event.detail})`,
      };
    case 'intent-written':
      return {
        style: 'dim',
        text: `${direction(event.direction)} step ${event.step + 1} recorded (${event.intentId})`,
      };
    case 'effect-applied': {
      const how = event.foundByLookup ? ' (response lost, confirmed by checking)' : '';
      return { text: `${direction(event.direction)} step ${event.step + 1} done: ${event.summary}${how}` };
    }
    case 'effect-failed':
      if (event.uncertain === true)
        return {
          style: 'yellow',
          text:
            event.left === undefined
              ? `${direction(event.direction)} step ${event.step + 1}: outcome unknown, a person has to check (${event.reason})`
              : `${direction(event.direction)} step ${event.step + 1} ended half-way: ${failureWords(event)}`,
        };
      return {
        style: 'red',
        text: `${direction(event.direction)} step ${event.step + 1} failed: ${failureWords(event)}`,
      };
    case 'effect-progress':
      return {
        style: 'dim',
        text: `${direction(event.direction)} step ${event.step + 1}: ${event.progress.words}`,
      };
    case 'effect-dry-run':
      return { style: event.ok ? 'yellow' : 'red', text: inWords(event) };
    case 'verification-started':
      return {
        style: 'dim',
        text: `Verifying for up to ${formatDuration(event.deadlineMs - event.atMs)}`,
      };
    case 'verified':
      return tellVerification(event.result);
    case 'verification-held':
    case 'workflow-restarted':
    case 'record-gap':
      return { style: 'yellow', text: inWords(event) };
    case 'rollback-ended':
      return {
        style: event.outcome === 'undone' || event.outcome === 'not-needed' ? 'green' : 'red',
        text: inWords(event),
      };
    case 'rollback-verified':
      return { ...tellVerification(event.result), text: inWords(event) };
    case 'rollback-requested':
    case 'effect-settled':
    case 'stop-requested':
    case 'silenced':
    case 'silence-ended':
      return { style: 'cyan', text: inWords(event) };
    case 'compensation-started':
      return { style: 'yellow', text: `Undoing: ${event.reason}` };
    case 'compensation-finished':
      return {
        text: count(event.undone, 'step', 'undone'),
        below: event.notUndone.map((step) => `not undone: ${step}`),
      };
    case 'note-added':
      return { text: `Note by ${nameOf(event.actor)}: ${event.text}` };
    case 'postmortem-drafted':
      return { style: 'dim', text: 'Postmortem drafted' };
    case 'handed-over':
      return {
        style: outcomeStyle(event.outcome),
        text:
          event.outcome === 'taken-over'
            ? `${nameOf(event.actor)} has taken over (${event.reason})`
            : `Handed to a person; it stays open until it is over (${event.reason})`,
        below: (event.leftInPlace ?? []).map((step) => `left in place: ${step}`),
      };
    case 'incident-closed':
      if (event.end === 'cleared') return { style: 'green', text: `Over: ${event.reason}` };
      if (event.end === 'closed-by-person')
        return { style: 'yellow', text: `Closed by ${nameOf(event.actor)}: ${event.reason}` };
      return {
        style: outcomeStyle(event.outcome),
        text: `Closed: ${event.outcome} (${event.reason})`,
        below: (event.leftInPlace ?? []).map((step) => `left in place: ${step}`),
      };
  }
}

function count(amount: number, what: string, rest: string): string {
  return `${amount} ${what}${amount === 1 ? '' : 's'} ${rest}`;
}

function direction(which: 'forward' | 'compensation'): string {
  return which === 'forward' ? 'Fix:' : 'Undo:';
}

function tellDiagnosis({ hypotheses, inconclusive, reason }: Diagnosis): Told {
  const [best] = hypotheses;
  const below = hypotheses.slice(0, 3).map(({ cause, scope, score, reason: why }) => {
    return `${score.toFixed(2)} ${cause} in ${scope.service}: ${why}`;
  });
  if (inconclusive || best === undefined) return { style: 'yellow', text: `Inconclusive: ${reason}`, below };
  return { style: 'bold', text: `Likely cause: ${best.cause} in ${best.scope.service}`, below };
}

function tellVerification({ outcome, reason, series }: VerificationResult): Told {
  const figure = (value: number): string => String(Number(value.toPrecision(3)));
  const below = series.map(
    ({ seriesKey, before, during, after, ok }) =>
      `${ok ? 'ok ' : 'not'} ${seriesKey}: normally ${figure(before)}, in the incident ${figure(during)}, now ${figure(after)}`,
  );
  const style = { recovered: 'green', 'not-recovered': 'red', unverified: 'yellow' } as const;
  return { style: style[outcome], text: `Check: ${outcome}: ${reason}`, below };
}

export function describeStep(step: PlanStep): string {
  const { action, target, parameters, risk, downtimeSeconds, blastRadius } = step;
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  const facts = [
    `risk ${risk}`,
    `${Math.round(blastRadius * 100)} % of capacity`,
    `${downtimeSeconds} s downtime`,
    undoing(step),
  ];
  return `${[action, targetText(target), ...given].join(' ')} (${facts.join(', ')})`;
}

function undoing(step: PlanStep): string {
  if (step.inverse !== null) return 'can be undone';
  return step.reversible ? 'leaves nothing to undo' : undoOf(step).text;
}

export function describeVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'auto':
      return `may run without approval (${verdict.rule}: ${verdict.reason})`;
    case 'approval':
      return `needs ${verdict.quorum === 1 ? `one ${verdict.role}` : `${verdict.quorum} × ${verdict.role}`} (${verdict.rule}: ${verdict.reason})`;
    case 'deny':
      return `denied (${verdict.rule}: ${verdict.reason})`;
  }
}

export function outcomeStyle(outcome: IncidentOutcome): Style {
  switch (outcome) {
    case 'resolved':
    case 'self-recovered':
      return 'green';
    case 'escalated':
    case 'aborted':
      return 'red';
    case 'suppressed':
    case 'taken-over':
      return 'yellow';
  }
}
