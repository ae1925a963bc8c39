// Which facts of an incident are audited, and what their entries say. Analysis is not: it is in the timeline; here is
// what was decided, and what was done to the world. A workflow tells of it, and a workflow's word proves nobody's identity:
// the actor is always Sentinel, and whom the workflow names stands in the details. What people did has entries of its own,
// made where they proved who they are.

import type { AuditDetail, AuditEvent } from '../../../domain/audit/event.ts';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import { sentinelActor } from '../../../domain/policy/identity.ts';

type Entry = {
  readonly reason: string;
  readonly planHash?: string;
  readonly details?: Readonly<Record<string, AuditDetail>>;
};

/** The audit entry of an event, or null when it is not audited. `planHash` is the plan under way, where there is one. */
export function auditOfIncidentEvent(
  incidentId: string,
  event: IncidentEvent,
  planHash: string | null,
): AuditEvent | null {
  const entry = entryOf(event);
  if (entry === null) return null;
  return {
    actor: sentinelActor,
    action: 'incident.event',
    atMs: event.atMs,
    reason: entry.reason,
    subject: incidentId,
    planHash: entry.planHash ?? planHash,
    details: { type: event.type, seq: event.seq, ...entry.details },
  };
}

function entryOf(event: IncidentEvent): Entry | null {
  switch (event.type) {
    case 'incident-opened': {
      const { environment, service } = event.scope;
      return { reason: event.title, details: { environment, service, severity: event.severity } };
    }
    case 'planned': {
      const { plan, planHash } = event.hashedPlan;
      const details = { cause: plan.cause, risk: plan.risk, steps: plan.steps.length };
      return { reason: plan.reason, planHash, details };
    }
    case 'decided':
      return {
        reason: event.verdict.reason,
        details: { verdict: event.verdict.kind, rule: event.verdict.rule },
      };
    case 'approval-requested': {
      const {
        planHash,
        role,
        quorum,
        deadlineMs,
        round = 1,
        because = 'policy asks for an approval',
      } = event;
      return { reason: because, planHash, details: { role, quorum, deadlineMs, round } };
    }
    case 'approval-recorded': {
      const { actor, reason, planHash, decision, approvalId } = event;
      return { reason, planHash, details: { decision, approvalId, by: actor } };
    }
    case 'approval-granted':
      return { reason: 'enough approvals', planHash: event.planHash };
    case 'approval-rejected':
      return { reason: event.reason, planHash: event.planHash, details: { by: event.actor } };
    case 'approval-expired':
      return { reason: 'nobody decided in time', planHash: event.planHash };
    case 'gate-refused':
      return { reason: event.detail, details: { refusal: event.reason, step: event.step } };
    case 'intent-written': {
      const { intentId, step, direction } = event;
      return { reason: 'the gate granted the effect', details: { intentId, step, direction } };
    }
    case 'effect-applied': {
      const { intentId, step, direction, foundByLookup, summary } = event;
      return { reason: summary, details: { intentId, step, direction, foundByLookup } };
    }
    case 'effect-failed': {
      const { intentId, step, direction, reason, code, left, superseded, cancelled } = event;
      return {
        reason,
        details: {
          ...{ intentId, step, direction },
          ...(code === undefined ? {} : { code }),
          ...(left === undefined ? {} : { left }),
          ...(superseded === undefined ? {} : { superseded }),
          ...(cancelled === undefined ? {} : { cancelled }),
        },
      };
    }
    case 'effect-progress': {
      const { intentId, step, direction, progress } = event;
      const { done, of } = progress;
      return { reason: progress.words, details: { intentId, step, direction, done, of } };
    }
    case 'effect-dry-run': {
      const { intentId, step, direction, ok, code, detail } = event;
      return {
        reason: detail,
        details: { intentId, step, direction, ok, ...(code === undefined ? {} : { code }) },
      };
    }
    case 'effect-settled': {
      const { intentId, step, direction, happened, actor: by, reason } = event;
      return { reason, details: { intentId, step, direction, happened, by } };
    }
    case 'rollback-requested': {
      const { requestId, intentId, actor: by, reason, given, quorum } = event;
      return { reason, details: { requestId, intentId, by, given, quorum } };
    }
    case 'rollback-ended': {
      const { requestId, intentId, outcome, reason, undoneBy = null } = event;
      return { reason, details: { requestId, intentId, outcome, undoneBy } };
    }
    case 'rollback-verified': {
      const { outcome, reason, freshSamples } = event.result;
      return { reason, details: { requestId: event.requestId, outcome, freshSamples } };
    }
    case 'verified': {
      const { outcome, reason, freshSamples } = event.result;
      return { reason, details: { outcome, freshSamples } };
    }
    case 'verification-held':
      return { reason: event.reason, details: { deadlineMs: event.deadlineMs } };
    case 'silenced':
      return {
        reason: event.reason,
        details: { silenceId: event.silenceId, by: event.actor, untilMs: event.untilMs },
      };
    case 'silence-ended':
      return { reason: 'the silence has ended', details: { silenceId: event.silenceId } };
    case 'stop-requested':
      return { reason: event.reason, details: { kind: event.kind, by: event.actor } };
    case 'workflow-restarted':
      return { reason: event.reason };
    case 'record-gap': {
      const { afterSeq, throughSeq } = event;
      return { reason: 'the store lost events of this incident', details: { afterSeq, throughSeq } };
    }
    case 'compensation-started':
      return { reason: event.reason };
    case 'compensation-finished': {
      const { undone, notUndone } = event;
      return { reason: `${undone} undone`, details: { undone, notUndone: notUndone.join(' ') } };
    }
    case 'handed-over':
      return {
        reason: event.reason,
        details: {
          outcome: event.outcome,
          by: event.actor,
          ...(event.leftInPlace === undefined ? {} : { leftInPlace: event.leftInPlace.join(' ') }),
        },
      };
    case 'incident-closed': {
      const { reason, outcome, actor: by, end, leftInPlace = [] } = event;
      const left: Record<string, string> =
        leftInPlace.length === 0 ? {} : { leftInPlace: leftInPlace.join(' ') };
      return { reason, details: { outcome, by, ...(end === undefined ? {} : { end }), ...left } };
    }
    case 'anomaly-observed':
    case 'anomaly-cleared':
    case 'enrichment-started':
    case 'enriched':
    case 'diagnosed':
    case 'model-consulted':
    case 'nothing-to-try':
    case 'verification-started':
    case 'note-added':
    case 'postmortem-drafted':
      return null;
  }
}
