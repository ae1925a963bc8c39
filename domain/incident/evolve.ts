// The fold of an incident's events: `evolve(state, event) → state`, total and pure. What may happen is decide's
// business; evolve believes every event, because the event has happened.

import type { Diagnosis } from '../diagnosis/diagnosis.ts';
import { stepKey } from '../remediation/plan.ts';
import type { RollbackOutcome } from '../remediation/rollback.ts';
import { clearAnomaly, earlierOccurrence, graver, keepAnomaly, notKept } from './anomalies.ts';
import type { EffectSettled, IncidentEvent } from './events.ts';
import { againText } from './follows.ts';
import type { AppliedEffect, IncidentState } from './state.ts';
import { titleOfCause } from './title.ts';

/** State after an event. Before `incident-opened` there is no state, and any other event leaves it so. */
export function evolve(
  state: IncidentState | null,
  event: IncidentEvent,
  incidentId: string,
): IncidentState | null {
  if (state === null) return event.type === 'incident-opened' ? opened(event, incidentId) : null;
  return { ...change(state, event), lastSeq: event.seq };
}

/** State after all of these events. */
export function fold(events: readonly IncidentEvent[], incidentId: string): IncidentState | null {
  return events.reduce<IncidentState | null>((state, event) => evolve(state, event, incidentId), null);
}

function opened(
  event: Extract<IncidentEvent, { type: 'incident-opened' }>,
  incidentId: string,
): IncidentState {
  return {
    incidentId,
    fingerprint: event.fingerprint,
    episode: event.episode,
    scope: event.scope,
    title: event.title,
    ...(event.follows === undefined ? {} : { follows: event.follows }),
    severity: event.severity,
    status: 'detected',
    outcome: null,
    openedAtMs: event.atMs,
    closedAtMs: null,
    onsetMs: event.atMs,
    attempt: 0,
    anomalies: {},
    anomaliesSeen: 0,
    diagnosis: null,
    hashedPlan: null,
    verdict: null,
    approval: null,
    effects: [],
    verification: null,
    lastSeq: event.seq,
  };
}

function change(state: IncidentState, event: IncidentEvent): IncidentState {
  switch (event.type) {
    case 'incident-opened':
    case 'note-added':
    case 'postmortem-drafted':
    case 'workflow-restarted':
    case 'record-gap':
      return state;
    case 'gate-refused':
      return event.reason === 'not-needed'
        ? { ...state, effects: undone(state, event.step, 'not-needed') }
        : state;
    case 'anomaly-observed': {
      const anomalies = keepAnomaly(state.anomalies, event.anomaly);
      return {
        ...state,
        anomalies,
        ...notKept(state, event.anomaly, anomalies),
        anomaliesSeen: state.anomaliesSeen + (earlierOccurrence(state.anomalies, event.anomaly) ? 0 : 1),
        ...(event.returns === undefined ? {} : { returns: event.returns }),
        severity: graver(state.severity, event.anomaly.severity),
        onsetMs: Math.min(state.onsetMs, event.anomaly.onsetMs),
      };
    }
    case 'anomaly-cleared':
      return { ...state, anomalies: clearAnomaly(state.anomalies, event.anomalyId, event.clearedMs) };
    case 'silenced': {
      const { silenceId, actor, reason, untilMs } = event;
      return { ...state, silenced: { silenceId, actor, reason, untilMs } };
    }
    case 'silence-ended': {
      const { silenced: _, ...rest } = state;
      return rest;
    }
    case 'stop-requested': {
      const { kind, actor, reason } = event;
      return { ...state, stop: { kind, actor, reason } };
    }
    case 'enrichment-started':
      return {
        ...released(state),
        status: 'enriching',
        attempt: event.attempt,
        diagnosis: null,
        hashedPlan: null,
        verdict: null,
        approval: null,
        verification: null,
      };
    case 'enriched':
      return { ...state, status: 'diagnosing' };
    case 'diagnosed':
      return { ...retitled(state, event.diagnosis), status: 'planning', diagnosis: event.diagnosis };
    case 'model-consulted':
      return { ...state, diagnosis: event.diagnosis ?? state.diagnosis };
    case 'planned':
      return { ...withPace(state, event), status: 'deciding', hashedPlan: event.hashedPlan };
    case 'nothing-to-try':
      return { ...state, status: 'deciding', hashedPlan: null };
    case 'decided':
      return {
        ...state,
        status: event.verdict.kind === 'auto' ? 'executing' : 'deciding',
        verdict: event.verdict,
      };
    case 'approval-requested': {
      const { planHash, role, quorum, deadlineMs, round, because, afresh } = event;
      const asked = state.approval?.planHash === planHash && afresh !== true ? state.approval : null;
      return {
        ...state,
        status: 'awaiting-approval',
        approval: {
          ...{ planHash, role, quorum, deadlineMs },
          ...(round === undefined ? {} : { round }),
          ...(because === undefined ? {} : { because }),
          ...(afresh === undefined ? {} : { afresh }),
          decisions: asked?.decisions ?? [], // asked again, what was said of this plan still counts, unless it is asked afresh
        },
      };
    }
    case 'approval-recorded': {
      if (state.approval === null) return state;
      const { approvalId, actor, decision } = event;
      return {
        ...state,
        approval: {
          ...state.approval,
          decisions: [...state.approval.decisions, { approvalId, actor, decision }],
        },
      };
    }
    case 'approval-granted':
      return { ...state, status: 'executing' };
    case 'approval-rejected':
    case 'approval-expired':
      return { ...state, status: 'deciding' };
    case 'intent-written':
      return event.direction === 'forward' ? withEffect(state, event) : state;
    case 'effect-applied':
      return event.direction === 'forward'
        ? { ...state, verification: null, effects: marked(state, event.intentId, 'applied') }
        : { ...state, effects: undone(state, event.step, 'undone') };
    case 'effect-failed':
      return event.direction === 'forward'
        ? {
            ...state,
            effects: marked(state, event.intentId, event.uncertain === true ? 'uncertain' : 'failed', {
              left: event.left,
            }),
          }
        : {
            ...state,
            effects: undone(
              state,
              event.step,
              'not-undone',
              event.uncertain === true ? event.intentId : undefined,
            ),
          };
    case 'effect-progress':
      return { ...state, effects: underWay(state, event) };
    case 'effect-dry-run':
      // An undo that was only asked for has not been made.
      return event.direction === 'forward'
        ? { ...state, effects: marked(state, event.intentId, 'dry-run') }
        : { ...state, effects: undone(state, event.step, 'not-undone') };
    case 'effect-settled':
      return { ...state, effects: state.effects.map((effect) => settled(effect, event)) };
    case 'rollback-requested':
    case 'rollback-verified':
      return state;
    case 'rollback-ended': {
      const status = statusAfter[event.outcome];
      if (status === null) return state;
      const undoInDoubt = event.outcome === 'uncertain' ? event.undoneBy : undefined;
      return { ...state, effects: marked(state, event.intentId, status, { undoInDoubt }) };
    }
    case 'verification-started':
      return { ...released(state), status: 'verifying', verification: null };
    case 'verified':
      return { ...released(state), verification: event.result };
    case 'verification-held': {
      const { reason, deadlineMs } = event;
      return { ...state, held: { reason, deadlineMs } };
    }
    case 'compensation-started':
      return { ...released(state), status: 'compensating', verification: null };
    case 'compensation-finished':
      return {
        ...state,
        effects: state.effects.map((effect) =>
          effect.attempt === event.attempt && event.notUndone.includes(effect.stepKey)
            ? { ...effect, status: 'not-undone' as const }
            : effect,
        ),
      };
    case 'handed-over':
      return { ...released(state), status: 'handed-over', outcome: event.outcome };
    case 'incident-closed':
      return {
        ...released(state),
        status: 'closed',
        outcome: event.outcome,
        closedAtMs: event.atMs,
        ...(event.end === undefined ? {} : { end: event.end }),
      };
  }
}

/** Of an effect, after a rollback that came to this; null: as it was before. */
const statusAfter: Readonly<Record<RollbackOutcome, AppliedEffect['status'] | null>> = {
  undone: 'undone',
  'not-needed': 'not-needed',
  failed: 'not-undone',
  uncertain: 'not-undone',
  refused: null,
  expired: null,
};

/** Each plan has its own. */
function withPace(
  { answerTakesMs: _earlier, preflight: _before, ...state }: IncidentState,
  { answerTakesMs, preflight }: Pick<IncidentState, 'answerTakesMs' | 'preflight'>,
): IncidentState {
  return {
    ...state,
    ...(answerTakesMs === undefined ? {} : { answerTakesMs }),
    ...(preflight === undefined ? {} : { preflight }),
  };
}

/** Nothing is held any more. */
function released(state: IncidentState): IncidentState {
  const { held: _held, ...rest } = state;
  return rest;
}

/** A known cause says more than the first symptom did. */
function retitled(state: IncidentState, diagnosis: Diagnosis): IncidentState {
  const title = titleOfCause(diagnosis, Object.values(state.anomalies));
  return title === null
    ? state
    : { ...state, title: `${title}${againText(state.follows, state.openedAtMs)}` };
}

/** The write-ahead of a forward effect; whatever was verified before it says nothing about the world after it. */
function withEffect(state: IncidentState, event: { intentId: string; step: number }): IncidentState {
  const step = state.hashedPlan?.plan.steps[event.step];
  const effect: AppliedEffect = {
    intentId: event.intentId,
    step: event.step,
    attempt: state.attempt,
    planHash: state.hashedPlan?.planHash ?? '',
    stepKey: step === undefined ? '' : stepKey(step),
    status: 'written',
  };
  return { ...state, verification: null, effects: [...state.effects, effect] };
}

function marked(
  state: IncidentState,
  intentId: string,
  status: AppliedEffect['status'],
  doubt: Doubt = {},
): readonly AppliedEffect[] {
  return state.effects.map((effect) =>
    effect.intentId === intentId ? { ...ended(effect), status, ...known(doubt) } : effect,
  );
}

type Doubt = { readonly [key in 'left' | 'undoInDoubt']?: AppliedEffect[key] | undefined };

/** Without fields that would say `undefined`: a record has none. */
function known({ left, undoInDoubt }: Doubt): Pick<AppliedEffect, 'left' | 'undoInDoubt'> {
  return {
    ...(left === undefined ? {} : { left }),
    ...(undoInDoubt === undefined ? {} : { undoInDoubt }),
  };
}

/** The undo of a step is told at the step. */
function underWay(
  state: IncidentState,
  { step, progress }: Extract<IncidentEvent, { type: 'effect-progress' }>,
): readonly AppliedEffect[] {
  return state.effects.map((effect) =>
    effect.attempt === state.attempt && effect.step === step ? { ...effect, progress } : effect,
  );
}

function ended({
  progress: _progress,
  left: _left,
  undoInDoubt: _undoInDoubt,
  ...effect
}: AppliedEffect): AppliedEffect {
  return effect;
}

/** What was in doubt is known; what has been undone since stays so. */
function settled(
  effect: AppliedEffect,
  { direction, intentId, undoes, happened }: EffectSettled,
): AppliedEffect {
  if (direction === 'compensation')
    return effect.intentId === undoes
      ? { ...ended(effect), status: happened ? 'undone' : 'not-undone' }
      : effect;
  const inDoubt = ['written', 'uncertain', 'failed', 'applied'].includes(effect.status);
  return effect.intentId === intentId && inDoubt
    ? { ...ended(effect), status: happened ? 'applied' : 'failed' }
    : effect;
}

/** A compensation is always about the attempt under way. */
function undone(
  state: IncidentState,
  step: number,
  status: AppliedEffect['status'],
  undoInDoubt?: string,
): readonly AppliedEffect[] {
  return state.effects.map((effect) =>
    effect.attempt === state.attempt && effect.step === step
      ? { ...ended(effect), status, ...known({ undoInDoubt }) }
      : effect,
  );
}
