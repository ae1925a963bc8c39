// What a person needs before deciding, as facts: the one description of an incident that the dashboard, chat, pagers, mail
// and the Temporal Web UI show. Computed from the record; links and layout are the business of whoever shows it.

import type { Evidence, Provenance } from '../diagnosis/diagnosis.ts';
import { targetText } from '../inventory/target.ts';
import { nameOf } from '../policy/identity.ts';
import type { Verdict } from '../policy/verdict.ts';
import type { Change, RiskLevel } from '../remediation/actions/action.ts';
import { type ActionId, isActionId } from '../remediation/actions/index.ts';
import { inverseActionOf } from '../remediation/catalogue.ts';
import { changeOf, type Undo, undoOf } from '../remediation/change.ts';
import type { PlanStep } from '../remediation/plan.ts';
import type { VerificationOutcome } from '../remediation/verification.ts';
import type { Severity } from '../scope.ts';
import { plainLine } from '../text.ts';
import { symptoms } from './anomalies.ts';
import { type ApprovalBriefing, type ApprovalFacts, approvalBriefing } from './approval-briefing.ts';
import type { IncidentEvent } from './events.ts';
import type { Follows } from './follows.ts';
import { modelText } from './model-words.ts';
import { leftPaused } from './paused-owners.ts';
import { failureWords, refusalWords } from './refusal-words.ts';
import type { AppliedEffect, IncidentState } from './state.ts';
import type { HandedOverEnd, IncidentOutcome, IncidentStatus, StopKind } from './status.ts';
import { symptomText } from './title.ts';

/** Bounds: everything is cut to one clean line, so no text from telemetry can grow, break out of its place or hide. */
const longest = { title: 200, name: 100, sentence: 300, model: 800 } as const;
const shownSymptoms = 6;
const shownHypotheses = 3;
const shownEvidence = 5;

export type SymptomBriefing = {
  readonly service: string;
  readonly text: string;
  readonly onsetMs: number;
  readonly clearedMs: number | null;
};

/** `finding` is empty when the evidence itself was not given. */
export type CitedEvidence = {
  readonly id: string;
  readonly finding: string;
  readonly provenance: Provenance | null;
};

export type HypothesisBriefing = {
  readonly cause: string;
  readonly service: string;
  /** 0..1, comparable within this diagnosis only. */
  readonly score: number;
  readonly reason: string;
  readonly byModel: boolean;
  readonly evidenceFor: readonly CitedEvidence[];
  readonly evidenceAgainst: readonly CitedEvidence[];
};

export type DiagnosisBriefing = {
  /** Best first; the words are ours, also where a language model named it (`byModel`). */
  readonly hypotheses: readonly HypothesisBriefing[];
  readonly method: 'statistical' | 'model';
  readonly inconclusive: boolean;
  readonly reason: string;
  readonly missing: readonly string[];
  /** Two analyses disagree, so a person is asked. */
  readonly contested: boolean;
  /** What a language model said, labelled as its words; null when none was heard. */
  readonly model: string | null;
};

export type StepBriefing = Change & {
  readonly action: ActionId;
  /** Exactly what is acted on: `environment/service`. */
  readonly target: string;
  readonly executor: string;
  /** `name=value`. */
  readonly parameters: readonly string[];
  readonly risk: RiskLevel;
  readonly downtimeSeconds: number;
  /** Share of the target's capacity disturbed at the worst moment, 0..1. */
  readonly blastRadius: number;
  readonly undo: Undo;
};

export type PlanBriefing = {
  readonly planHash: string;
  readonly attempt: number;
  readonly risk: RiskLevel;
  readonly cause: string;
  readonly reason: string;
  readonly steps: readonly StepBriefing[];
  /** How long it takes to know whether it helped; null: seconds, as telemetry comes every second or two. */
  readonly answerTakesMs: number | null;
  /** Null: recorded before there was one. */
  readonly preflight: { readonly atMs: number; readonly said: readonly string[] } | null;
};

export type EffectBriefing = {
  readonly intentId: string;
  readonly step: string;
  readonly attempt: number;
  readonly status: AppliedEffect['status'];
  /** How far it has come, while it is under way; then what the executor said it did. Empty when the timeline was not given, or has not got there. */
  readonly summary: string;
  /** The action has an inverse. */
  readonly canBeUndone: boolean;
  /** Intent of an undo of it that nobody can tell the outcome of; null when there is none. */
  readonly undoInDoubt: string | null;
};

export type Briefing = {
  readonly incidentId: string;
  readonly title: string;
  readonly severity: Severity;
  readonly environment: string;
  readonly service: string;
  readonly status: IncidentStatus;
  readonly outcome: IncidentOutcome | null;
  readonly attempt: number;
  /** Since when the symptom is there. */
  readonly onsetMs: number;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
  readonly symptoms: readonly SymptomBriefing[];
  /** The incident that ended shortly before with the same symptom; null for the first. */
  readonly follows: Follows | null;
  /** Incidents with the same symptom that were opened soon after this one had ended; oldest first. */
  readonly continuedIn: readonly string[];
  /** How often it came back after it had cleared: it comes and goes. */
  readonly returns: number;
  /** Anomalies that are not among `symptoms`. */
  readonly moreAnomalies: number;
  readonly diagnosis: DiagnosisBriefing | null;
  readonly plan: PlanBriefing | null;
  readonly policy: {
    readonly verdict: Verdict['kind'];
    readonly rule: string;
    readonly reason: string;
  } | null;
  readonly approval: ApprovalBriefing | null;
  readonly effects: readonly EffectBriefing[];
  readonly verification: { readonly outcome: VerificationOutcome; readonly reason: string } | null;
  /** A person said stop, and the call in flight is waited for; null otherwise. */
  readonly stopping: StopKind | null;
  /** Null unless nobody can tell whether the change helped: it stays, and a person has to decide. */
  readonly held: { readonly reason: string; readonly untilMs: number } | null;
  /** Null unless people silence all of it, as far as it has heard. */
  readonly silenced: { readonly by: string; readonly reason: string; readonly untilMs: number } | null;
  /** Null while nothing was undone. */
  readonly compensation: { readonly undone: readonly string[]; readonly notUndone: readonly string[] } | null;
  /** What Sentinel leaves paused at the end (Argo CD, Flux), each with the way to resume it. */
  readonly leftPaused: readonly string[];
  /** How it ended, or why a person has it; the reason is empty when the timeline was not given. */
  readonly ending: {
    readonly outcome: IncidentOutcome;
    readonly actor: string;
    readonly reason: string;
    /** Of an incident that a person had in hand; null while somebody has it, and of every other one. */
    readonly end: HandedOverEnd | null;
  } | null;
};

export type BriefingInput = {
  readonly state: IncidentState;
  /** Evidence that hypotheses cite; what is not here is cited by its id alone. */
  readonly evidence?: readonly Evidence[];
  /** Events so far, or the latest of them: they tell reasons and summaries that the state does not keep. */
  readonly timeline?: readonly IncidentEvent[];
  /** Where the approval stands in the store, which knows of a decision before the incident does. */
  readonly approval?: ApprovalFacts | null;
  /** The record of an incident does not say what came after it: the store does. */
  readonly continuedIn?: readonly string[];
};

/** Total and pure: the same record gives the same briefing. */
export function briefing(input: BriefingInput): Briefing {
  const { state, evidence = [], timeline = [], approval = null, continuedIn = [] } = input;
  const shown = symptoms(state).slice(0, shownSymptoms);
  return {
    incidentId: state.incidentId,
    title: plainLine(state.title, longest.title),
    severity: state.severity,
    environment: name(state.scope.environment),
    service: name(state.scope.service),
    status: state.status,
    outcome: state.outcome,
    attempt: state.attempt,
    onsetMs: state.onsetMs,
    openedAtMs: state.openedAtMs,
    closedAtMs: state.closedAtMs,
    symptoms: shown.map((anomaly) => ({
      service: name(anomaly.scope.service),
      text: sentence(symptomText(anomaly)),
      onsetMs: anomaly.onsetMs,
      clearedMs: anomaly.state === 'cleared' ? (anomaly.clearedMs ?? null) : null,
    })),
    follows: state.follows ?? null,
    continuedIn,
    returns: state.returns ?? 0,
    moreAnomalies: Math.max(0, state.anomaliesSeen - shown.length),
    diagnosis: diagnosisBriefing(state, evidence),
    plan: planBriefing(state),
    policy:
      state.verdict === null
        ? null
        : {
            verdict: state.verdict.kind,
            rule: name(state.verdict.rule),
            reason: sentence(state.verdict.reason),
          },
    approval: approvalBriefing(state, timeline, approval),
    effects: state.effects.map((effect) => effectBriefing(effect, timeline)),
    verification:
      state.verification === null
        ? null
        : { outcome: state.verification.outcome, reason: sentence(state.verification.reason) },
    stopping: state.outcome === null ? (state.stop?.kind ?? null) : null,
    held:
      state.held === undefined
        ? null
        : { reason: sentence(state.held.reason), untilMs: state.held.deadlineMs },
    silenced: silencedBriefing(state),
    compensation: compensationBriefing(state),
    leftPaused: leftPaused(state),
    ending: endingBriefing(state, timeline),
  };
}

function silencedBriefing({ silenced, status }: IncidentState): Briefing['silenced'] {
  if (silenced === undefined || status === 'closed') return null;
  const { actor, reason, untilMs } = silenced;
  return { by: name(nameOf(actor)), reason: sentence(reason), untilMs };
}

function diagnosisBriefing(
  { diagnosis }: IncidentState,
  evidence: readonly Evidence[],
): DiagnosisBriefing | null {
  if (diagnosis === null) return null;
  const known = new Map(evidence.map((item) => [item.id, item]));
  const cite = (ids: readonly string[]): readonly CitedEvidence[] =>
    ids.slice(0, shownEvidence).map((id) => {
      const item = known.get(id);
      return { id: name(id), finding: sentence(item?.finding ?? ''), provenance: item?.provenance ?? null };
    });
  return {
    hypotheses: diagnosis.hypotheses.slice(0, shownHypotheses).map((hypothesis) => ({
      cause: hypothesis.cause,
      service: name(hypothesis.scope.service),
      score: hypothesis.score,
      reason: sentence(hypothesis.reason),
      byModel: hypothesis.by === 'model',
      evidenceFor: cite(hypothesis.evidenceFor),
      evidenceAgainst: cite(hypothesis.evidenceAgainst),
    })),
    method: diagnosis.method,
    inconclusive: diagnosis.inconclusive,
    reason: sentence(diagnosis.reason),
    missing: diagnosis.missing.map(sentence),
    contested: diagnosis.contested === true,
    model: diagnosis.model === undefined ? null : plainLine(modelText(diagnosis.model), longest.model),
  };
}

function planBriefing({ hashedPlan, answerTakesMs, preflight }: IncidentState): PlanBriefing | null {
  if (hashedPlan === null) return null;
  const { plan, planHash } = hashedPlan;
  return {
    planHash,
    attempt: plan.attempt,
    risk: plan.risk,
    cause: plan.cause,
    reason: sentence(plan.reason),
    steps: plan.steps.map(stepBriefing),
    answerTakesMs: answerTakesMs ?? null,
    preflight: preflight === undefined ? null : { atMs: preflight.atMs, said: preflight.said.map(sentence) },
  };
}

function stepBriefing(step: PlanStep): StepBriefing {
  const { action, target, executor, parameters, risk, downtimeSeconds, blastRadius } = step;
  return {
    action,
    target: name(targetText(target)),
    executor: name(executor),
    parameters: Object.entries(parameters).map(([key, value]) => name(`${key}=${value}`)),
    ...changeOf(step),
    risk,
    downtimeSeconds,
    blastRadius,
    undo: undoOf(step),
  };
}

/** What people should know before they approve: empty where an answer takes seconds. */
export function paceText({ answerTakesMs }: Pick<PlanBriefing, 'answerTakesMs'>): string {
  if (answerTakesMs === null) return '';
  const minutes = Math.ceil(answerTakesMs / 60_000);
  return `known about ${minutes} min after it ran: the telemetry comes slowly`;
}

/** That it would be accepted, as of when; empty where that was not asked. Times are UTC. */
export function preflightText({ preflight }: Pick<PlanBriefing, 'preflight'>): string {
  if (preflight === null) return '';
  const at = new Date(preflight.atMs).toISOString().slice(11, 19);
  return `accepted in a dry run at ${at} UTC (${preflight.said.join('; ')})`;
}

/** What an approval gives away for good: empty when every step can be undone, or leaves nothing to undo. */
export function forGoodText({ steps }: Pick<PlanBriefing, 'steps'>): string {
  return steps
    .filter(({ undo }) => undo.kind === 'cannot-be-undone')
    .map((step) => `${step.action} ${step.target} ${step.undo.text}`)
    .join('; ');
}

/** One line of a step: action, target, parameters. */
export function stepLine({ action, target, parameters }: StepBriefing): string {
  return parameters.length === 0 ? `${action} ${target}` : `${action} ${target} (${parameters.join(', ')})`;
}

function effectBriefing(effect: AppliedEffect, timeline: readonly IncidentEvent[]): EffectBriefing {
  const told = timeline.findLast(
    (event) =>
      (event.type === 'effect-applied' ||
        event.type === 'effect-failed' ||
        event.type === 'effect-settled' ||
        event.type === 'rollback-ended' ||
        event.type === 'effect-dry-run') &&
      event.intentId === effect.intentId,
  );
  return {
    intentId: effect.intentId,
    step: name(effect.stepKey),
    attempt: effect.attempt,
    status: effect.status,
    summary: sentence(effect.progress?.words ?? effectWords(told)),
    canBeUndone: hasInverse(effect.stepKey),
    undoInDoubt: effect.undoInDoubt ?? null,
  };
}

/** A step key begins with its action; one that the catalogue does not have (any more) cannot be run. */
function hasInverse(stepKey: string): boolean {
  const action = stepKey.split('@', 1)[0] ?? '';
  return isActionId(action) && inverseActionOf(action) !== null;
}

function effectWords(told: IncidentEvent | undefined): string {
  switch (told?.type) {
    case 'effect-applied':
      return told.summary;
    case 'effect-failed':
      return failureWords(told);
    case 'effect-settled':
      return `settled by ${nameOf(told.actor)}: ${told.reason}`;
    case 'effect-dry-run':
      return refusalWords(told.code, told.detail);
    case 'rollback-ended':
      return told.reason;
    default:
      return '';
  }
}

function compensationBriefing({ effects, status }: IncidentState): Briefing['compensation'] {
  const keys = (wanted: AppliedEffect['status']) =>
    effects.filter((effect) => effect.status === wanted).map((effect) => name(effect.stepKey));
  const [undone, notUndone] = [keys('undone'), keys('not-undone')];
  return status === 'compensating' || undone.length + notUndone.length > 0 ? { undone, notUndone } : null;
}

function endingBriefing(state: IncidentState, timeline: readonly IncidentEvent[]): Briefing['ending'] {
  if (state.outcome === null) return null;
  const closing = timeline.findLast(
    (event) => event.type === 'incident-closed' || event.type === 'handed-over',
  );
  return {
    end: state.end ?? null,
    outcome: state.outcome,
    actor: name(nameOf(closing?.actor ?? '')),
    reason: sentence(closing?.reason ?? ''),
  };
}

const name = (text: string): string => plainLine(text, longest.name);
const sentence = (text: string): string => plainLine(text, longest.sentence);
