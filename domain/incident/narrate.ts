// One sentence of plain English for every event: the timeline of the postmortem, the CLI and the API speak with it.

import type { Anomaly } from '../detection/anomaly.ts';
import { nameOf } from '../policy/identity.ts';
import type { RollbackOutcome } from '../remediation/rollback.ts';
import type { VerificationOutcome } from '../remediation/verification.ts';
import type { IncidentEventBody } from './events.ts';
import { shortIncidentId } from './incident-id.ts';
import { modelText } from './model-words.ts';
import { failureWords, refusalWords } from './refusal-words.ts';
import { symptomText } from './title.ts';
import { stepText, times, timeText, whyAsked } from './words.ts';

/** What happened, for a person. */
export function narrate(event: IncidentEventBody): string {
  switch (event.type) {
    case 'incident-opened':
      return `Incident opened (${event.severity}): ${event.title}${
        event.follows === undefined ? '' : `; it follows ${shortIncidentId(event.follows.incidentId)}`
      }`;
    case 'anomaly-observed':
      return observed(event.anomaly, event.returns);
    case 'anomaly-cleared':
      return `Anomaly ${event.anomalyId} cleared`;
    case 'enrichment-started':
      return `Analysis ${event.attempt} started`;
    case 'enriched': {
      const missing = event.missing.length === 0 ? '' : `; missing: ${event.missing.join(', ')}`;
      return `${event.evidenceIds.length} evidence items gathered${missing}`;
    }
    case 'diagnosed': {
      const best = event.diagnosis.hypotheses[0];
      if (best === undefined) return `No explanation found: ${event.diagnosis.reason}`;
      const doubt = event.diagnosis.inconclusive ? 'Perhaps' : 'Likely cause:';
      return `${doubt} ${best.cause} in ${best.scope.service}: ${best.reason}`;
    }
    case 'model-consulted': {
      const view = event.diagnosis?.model;
      return view === undefined ? `No answer from a model: ${event.reason}` : modelText(view);
    }
    case 'planned': {
      const { plan, planHash } = event.hashedPlan;
      return `Plan ${planHash.slice(0, 12)} (risk ${plan.risk}): ${plan.steps.map(stepText).join(', then ')}`;
    }
    case 'nothing-to-try':
      return `Nothing to try: ${event.reason}`;
    case 'decided':
      return `Policy says ${event.verdict.kind} (rule ${event.verdict.rule}): ${event.verdict.reason}`;
    case 'approval-requested': {
      const because = whyAsked(event);
      return `Approval requested from ${event.quorum} × ${event.role}, by ${timeText(event.deadlineMs)}${because === '' ? '' : `; ${because}`}`;
    }
    case 'approval-recorded':
      return `${nameOf(event.actor)} decided to ${event.decision}${event.reason === '' ? '' : `: ${event.reason}`}`;
    case 'approval-granted':
      return `Plan ${event.planHash.slice(0, 12)} approved`;
    case 'approval-rejected':
      return `Plan ${event.planHash.slice(0, 12)} rejected by ${nameOf(event.actor)}: ${event.reason}`;
    case 'approval-expired':
      return `Approval of plan ${event.planHash.slice(0, 12)} timed out`;
    case 'gate-refused':
      if (event.reason === 'not-needed')
        return `Undo of step ${event.step + 1} was not needed: ${event.detail}`;
      return `The gate refused step ${event.step + 1}: ${event.reason} (${event.detail})`;
    case 'intent-written':
      return `${what(event)} about to run (${event.intentId})`;
    case 'effect-applied': {
      const found = event.foundByLookup ? ' (response lost, confirmed by checking)' : '';
      return `${event.direction === 'forward' ? 'Done' : 'Undone'}: ${event.summary}${found}`;
    }
    case 'effect-failed':
      if (event.uncertain === true)
        return event.left === undefined
          ? `${what(event)} has an unknown outcome, a person has to look: ${event.reason}`
          : `${what(event)} ended half-way: ${failureWords(event)}`;
      return `${what(event)} failed: ${failureWords(event)}`;
    case 'effect-progress':
      return `${what(event)} under way: ${event.progress.words}`;
    case 'effect-dry-run':
      return event.ok
        ? `Dry run, nothing was done: ${what(event).toLowerCase()} would have been accepted (${event.detail})`
        : `Dry run, nothing was done: ${what(event).toLowerCase()} would have been refused: ${refusalWords(event.code, event.detail)}`;
    case 'effect-settled': {
      const so = event.happened ? 'happened' : 'did not happen';
      return `${nameOf(event.actor)} looked: ${what(event).toLowerCase()} ${so}: ${event.reason}`;
    }
    case 'rollback-requested': {
      const more = event.quorum - event.given;
      const asks = `${nameOf(event.actor)} asks to roll back ${event.stepKey}: ${event.reason}`;
      return more <= 0
        ? asks
        : `${asks}; ${more === 1 ? 'one more admin has' : `${more} more admins have`} to ask, by ${timeText(event.expiresAtMs)}`;
    }
    case 'rollback-ended':
      return `${rollbackWords[event.outcome]} ${event.stepKey}: ${event.reason}`;
    case 'rollback-verified':
      return `After the rollback of ${event.stepKey}: ${afterRollback[event.result.outcome]} (${event.result.reason})`;
    case 'verification-started':
      return `Verifying until ${timeText(event.deadlineMs)}`;
    case 'verified':
      return `Verification: ${event.result.outcome}, ${event.result.reason}`;
    case 'verification-held':
      return `Nobody can tell whether it helped (${event.reason}); the change stays, and Sentinel keeps looking until ${timeText(event.deadlineMs)}`;
    case 'silenced':
      return `Silenced until ${timeText(event.untilMs)} by ${nameOf(event.actor)}: ${event.reason}`;
    case 'silence-ended':
      return 'Not silenced any more, and the symptom is still there';
    case 'stop-requested':
      return `${nameOf(event.actor)} ${event.kind === 'take-over' ? 'took over' : 'aborted the incident'}${event.reason === '' ? '' : `: ${event.reason}`}`;
    case 'workflow-restarted':
      return `The workflow was gone and was restarted: ${event.reason}`;
    case 'record-gap':
      return `The store lost events ${event.afterSeq + 1} to ${event.throughSeq}; they could not be written again`;
    case 'compensation-started':
      return `Undoing: ${event.reason}`;
    case 'compensation-finished': {
      const left = event.notUndone.length === 0 ? '' : `, could not undo ${event.notUndone.join(', ')}`;
      return `${event.undone} undone${left}`;
    }
    case 'note-added':
      return `Note by ${nameOf(event.actor)}: ${event.text}`;
    case 'postmortem-drafted':
      return 'Postmortem drafted';
    case 'handed-over':
      return event.outcome === 'taken-over'
        ? `${nameOf(event.actor)} has taken over: ${event.reason}${leftText(event.leftInPlace)}`
        : `Handed to a person, open until it is over: ${event.reason}${leftText(event.leftInPlace)}`;
    case 'incident-closed': {
      if (event.end === 'cleared') return `Over: ${event.reason}`;
      if (event.end === 'closed-by-person') return `Closed by ${nameOf(event.actor)}: ${event.reason}`;
      return `Closed as ${event.outcome} by ${nameOf(event.actor)}: ${event.reason}${leftText(event.leftInPlace)}`;
    }
  }
}

const rollbackWords: Readonly<Record<RollbackOutcome, string>> = {
  undone: 'Rolled back',
  'not-needed': 'Rolling back was not needed, it had been put back already:',
  refused: 'Not rolled back, the gate refused:',
  failed: 'Not rolled back:',
  uncertain: 'Nobody can tell whether this was rolled back, a person has to look:',
  expired: 'Not rolled back in time:',
};

const afterRollback: Readonly<Record<VerificationOutcome, string>> = {
  recovered: 'the symptom is not there',
  'not-recovered': 'the symptom is there',
  unverified: 'nobody can tell whether the symptom is there',
};

function what({
  direction,
  step,
}: {
  readonly direction: 'forward' | 'compensation';
  readonly step: number;
}) {
  return `${direction === 'forward' ? 'Step' : 'Undo of step'} ${step + 1}`;
}

function leftText(leftInPlace: readonly string[] = []): string {
  return leftInPlace.length === 0 ? '' : `; left in place: ${leftInPlace.join(', ')}`;
}

function observed(anomaly: Anomaly, returns: number | undefined): string {
  const what = returns === undefined ? 'Anomaly' : `Back again (${times(returns)} so far)`;
  const why = anomaly.joined === undefined ? '' : ` (joined: ${anomaly.joined})`;
  return `${what} in ${anomaly.scope.service}: ${symptomText(anomaly)}${why}`;
}
