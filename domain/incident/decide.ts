// The rules of an incident's life: `decide(command, state) → events | rejection`, total and pure. A command is the fact
// that somebody wishes to record; it becomes an event, with its place and time, only where the life of an incident
// (docs/architecture.md) has room for it.

import { comesBack, earlierOccurrence, maxSeenAnomalies, symptomsGone } from './anomalies.ts';
import { standingEffects } from './attempts.ts';
import type { IncidentEvent, IncidentEventBody, RollbackNews } from './events.ts';
import type { IncidentState } from './state.ts';
import type { IncidentStatus } from './status.ts';

export type IncidentCommand = IncidentEventBody;

export const rejections = [
  'not-open',
  'already-open',
  'closed',
  'duplicate',
  'unknown-anomaly',
  'anomaly-limit',
  'out-of-order',
  'wrong-attempt',
  'no-plan',
  'stale-plan',
  'not-awaiting',
  'already-decided',
  'expired',
  'no-grant',
  'unknown-intent',
  'not-verified',
] as const;
export type Rejection = (typeof rejections)[number];

export type Decision =
  | { readonly accepted: true; readonly events: readonly IncidentEvent[] }
  | { readonly accepted: false; readonly reason: Rejection };

/** What follows from a command at this instant (ms since the epoch). Changes nothing; never throws. */
export function decide(command: IncidentCommand, state: IncidentState | null, atMs: number): Decision {
  const reason = objection(command, state, atMs);
  if (reason !== null) return { accepted: false, reason };
  const fact = state === null ? command : withReturns(command, state);
  return { accepted: true, events: [{ seq: (state?.lastSeq ?? 0) + 1, atMs, ...fact }] };
}

/** A symptom that comes back says how often it has. */
function withReturns(command: IncidentCommand, state: IncidentState): IncidentCommand {
  if (command.type !== 'anomaly-observed' || !comesBack(state, command.anomaly)) return command;
  return { ...command, returns: (state.returns ?? 0) + 1 };
}

function objection(command: IncidentCommand, state: IncidentState | null, atMs: number): Rejection | null {
  if (command.type === 'incident-opened') return state === null ? null : 'already-open';
  if (state === null) return 'not-open';
  // Also of the end itself: it says what the store has, not what becomes of the incident.
  if (command.type === 'record-gap') return null;
  // A person may look long after the end; what was in doubt is not in doubt any more.
  if (command.type === 'effect-settled') return settlementObjection(command, state);
  if (isRollbackNews(command)) return known(state, command.intentId) ? null : 'unknown-intent';
  // Closed is final; the postmortem tells the whole story, its end included, so it comes after the end.
  if (command.type === 'postmortem-drafted') return state.status === 'closed' ? null : 'out-of-order';
  if (state.status === 'closed') return 'closed';
  if (state.status === 'handed-over' && !whilePeopleHaveIt.includes(command.type)) return 'out-of-order';
  switch (command.type) {
    case 'anomaly-observed': {
      if (state.anomalies[command.anomaly.id] !== undefined) return 'duplicate';
      if (earlierOccurrence(state.anomalies, command.anomaly) !== undefined) return null;
      return state.anomaliesSeen >= maxSeenAnomalies ? 'anomaly-limit' : null;
    }
    case 'anomaly-cleared': {
      const anomaly = state.anomalies[command.anomalyId];
      if (anomaly === undefined) return 'unknown-anomaly';
      return anomaly.state === 'cleared' ? 'duplicate' : null;
    }
    case 'note-added':
    case 'stop-requested':
    case 'workflow-restarted':
    case 'silenced':
      return null;
    case 'silence-ended':
      return state.silenced?.silenceId === command.silenceId ? null : 'out-of-order';
    case 'enrichment-started':
      return (
        // Restarted in the middle of an analysis, it begins another.
        inStatus(state, [
          'detected',
          'enriching',
          'diagnosing',
          'planning',
          'deciding',
          'executing',
          'verifying',
          'compensating',
        ]) ??
        (state.effects.some((effect) => effect.status === 'written') ? 'out-of-order' : null) ??
        (command.attempt === state.attempt + 1 ? null : 'wrong-attempt')
      );
    case 'enriched':
      return inStatus(state, ['enriching']) ?? ofAttempt(state, command);
    case 'diagnosed':
      return inStatus(state, ['diagnosing']) ?? ofAttempt(state, command);
    case 'model-consulted':
    case 'planned':
    case 'nothing-to-try':
      return inStatus(state, ['planning']) ?? ofAttempt(state, command);
    case 'decided':
      return (
        inStatus(state, ['deciding']) ??
        ofAttempt(state, command) ??
        (state.hashedPlan === null ? 'no-plan' : state.verdict === null ? null : 'already-decided')
      );
    case 'approval-requested':
      return requestObjection(command, state);
    case 'approval-recorded':
      return approvalObjection(command, state, atMs);
    case 'approval-granted':
    case 'approval-rejected':
    case 'approval-expired':
      return state.status === 'awaiting-approval' ? ofPlan(state, command) : 'not-awaiting';
    case 'gate-refused':
      return inStatus(state, ['executing', 'compensating']);
    case 'intent-written':
    case 'effect-applied':
    case 'effect-failed':
    case 'effect-progress':
    case 'effect-dry-run':
      return effectObjection(command, state);
    case 'verification-started':
      return inStatus(state, ['executing']) ?? ofAttempt(state, command);
    case 'verified':
      // Also asked without any effect, to see whether the symptom went away by itself.
      return ofAttempt(state, command);
    case 'verification-held':
      return inStatus(state, ['verifying']) ?? ofAttempt(state, command);
    case 'compensation-started':
      return state.status === 'compensating' ? 'out-of-order' : ofAttempt(state, command);
    case 'compensation-finished':
      return inStatus(state, ['compensating']) ?? ofAttempt(state, command);
    case 'handed-over':
      return handOverObjection(command, state);
    case 'incident-closed':
      return closingObjection(command, state);
  }
}

/** What can still happen to an incident that a person has in hand. */
const whilePeopleHaveIt: readonly IncidentCommand['type'][] = [
  'anomaly-observed',
  'anomaly-cleared',
  'note-added',
  'workflow-restarted',
  'handed-over',
  'incident-closed',
];

/** Handed over once; after that a person may still say that it is theirs. */
function handOverObjection(
  command: Extract<IncidentCommand, { type: 'handed-over' }>,
  state: IncidentState,
): Rejection | null {
  if (state.status !== 'handed-over') return null;
  return state.outcome === 'escalated' && command.outcome === 'taken-over' ? null : 'already-decided';
}

/** Asked when policy asks; and again, for a plan that was granted and of which nothing was done, each time as the next round. */
function requestObjection(
  command: Extract<IncidentCommand, { type: 'approval-requested' }>,
  state: IncidentState,
): Rejection | null {
  const earlier = state.approval === null ? 0 : (state.approval.round ?? 1);
  if ((command.round ?? 1) !== earlier + 1) return 'out-of-order';
  if (command.because === undefined)
    return (
      inStatus(state, ['deciding']) ??
      (state.verdict?.kind === 'approval' ? ofPlan(state, command) : 'out-of-order')
    );
  const begun = state.effects.some(
    ({ planHash, status }) => planHash === command.planHash && status !== 'written' && status !== 'failed',
  );
  return inStatus(state, ['executing']) ?? (begun ? 'out-of-order' : ofPlan(state, command));
}

function approvalObjection(
  command: Extract<IncidentCommand, { type: 'approval-recorded' }>,
  state: IncidentState,
  atMs: number,
): Rejection | null {
  if (state.approval?.decisions.some((known) => known.approvalId === command.approvalId))
    return 'already-decided';
  if (state.status !== 'awaiting-approval' || state.approval === null) return 'not-awaiting';
  if (state.approval.planHash !== command.planHash) return 'stale-plan';
  return atMs > state.approval.deadlineMs ? 'expired' : null;
}

/**
 * A forward effect needs the status `executing`, which only the verdict `auto` or a granted approval gives; an effect
 * in the other direction needs a compensation under way.
 */
function effectObjection(
  command: Extract<
    IncidentCommand,
    { type: 'intent-written' | 'effect-applied' | 'effect-failed' | 'effect-progress' | 'effect-dry-run' }
  >,
  state: IncidentState,
): Rejection | null {
  if (command.direction === 'compensation') return inStatus(state, ['compensating']);
  if (state.status !== 'executing') return 'no-grant';
  const known = state.effects.find((effect) => effect.intentId === command.intentId);
  if (command.type === 'intent-written') {
    if (known !== undefined) return 'duplicate';
    return state.hashedPlan?.plan.steps[command.step] === undefined ? 'no-plan' : null;
  }
  if (known === undefined) return 'unknown-intent';
  return known.status === 'written' ? null : 'duplicate';
}

/** The store says once what became of an effect; here it must be one that the incident knows. */
function settlementObjection(
  { direction, intentId, undoes }: Extract<IncidentCommand, { type: 'effect-settled' }>,
  state: IncidentState,
): Rejection | null {
  return known(state, direction === 'forward' ? intentId : undoes) ? null : 'unknown-intent';
}

function known({ effects }: IncidentState, intentId: string | undefined): boolean {
  return effects.some((effect) => effect.intentId === intentId);
}

/** What people ask of an effect, and what came of it: whatever became of the incident meanwhile. */
export function isRollbackNews(command: IncidentCommand): command is RollbackNews {
  return (
    command.type === 'rollback-requested' ||
    command.type === 'rollback-ended' ||
    command.type === 'rollback-verified'
  );
}

function closingObjection(
  command: Extract<IncidentCommand, { type: 'incident-closed' }>,
  state: IncidentState,
): Rejection | null {
  if (state.status === 'handed-over') return endObjection(command, state);
  if (command.end !== undefined) return 'out-of-order';
  const standing = standingEffects(state).length > 0;
  switch (command.outcome) {
    case 'resolved':
      return state.verification?.outcome === 'recovered' && standing ? null : 'not-verified';
    case 'self-recovered':
      return state.verification?.outcome === 'recovered' && !standing ? null : 'not-verified';
    case 'suppressed':
      if (standing) return 'out-of-order';
      // What fires is not silenced away: it is told, or it is over.
      return symptomsGone(state) ? null : 'not-verified';
    case 'escalated':
    case 'taken-over':
    case 'aborted':
      return null;
  }
}

/** What was handed over keeps its outcome, and is over when nothing fires or a person says so. */
function endObjection(
  command: Extract<IncidentCommand, { type: 'incident-closed' }>,
  state: IncidentState,
): Rejection | null {
  if (command.end === undefined || command.outcome !== state.outcome) return 'out-of-order';
  return command.end === 'closed-by-person' || symptomsGone(state) ? null : 'not-verified';
}

function inStatus(state: IncidentState, expected: readonly IncidentStatus[]): Rejection | null {
  return expected.includes(state.status) ? null : 'out-of-order';
}

function ofAttempt(state: IncidentState, command: { readonly attempt: number }): Rejection | null {
  return command.attempt === state.attempt ? null : 'wrong-attempt';
}

function ofPlan(state: IncidentState, command: { readonly planHash: string }): Rejection | null {
  return command.planHash === state.hashedPlan?.planHash ? null : 'stale-plan';
}
