// Do these decisions grant the plan they are about? One rejection rejects; a quorum counts people, not decisions; what
// came after the deadline, or from a role too low, does not count. Pure: asked by the gate, the workflow and the API.

import type { ApprovalStatus } from '../../../activities/types.ts';
import { type Role, roleAtLeast } from '../../../domain/policy/verdict.ts';

export type ApprovalTerms = { readonly role: Role; readonly quorum: number; readonly deadline_ms: number };

export type StoredDecision = {
  readonly actor: string;
  readonly role: Role;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
  readonly decided_at_ms: number;
};

/** `decisions` are those stored for exactly one plan hash of one incident. */
export function judgeApprovals(
  terms: ApprovalTerms,
  decisions: readonly StoredDecision[],
  nowMs: number,
): ApprovalStatus {
  const counting = decisions.filter(
    (one) => roleAtLeast(one.role, terms.role) && one.decided_at_ms <= terms.deadline_ms,
  );
  const rejection = counting.find((one) => one.decision === 'reject');
  if (rejection !== undefined) return { kind: 'rejected', actor: rejection.actor, reason: rejection.reason };
  if (approvers(counting).size >= terms.quorum) return { kind: 'granted' };
  return nowMs > terms.deadline_ms ? { kind: 'expired' } : { kind: 'pending' };
}

/** When the last approval that the quorum needed was given; null without a quorum. */
export function grantedAtMs(terms: ApprovalTerms, decisions: readonly StoredDecision[]): number | null {
  const counting = decisions.filter(
    (one) =>
      one.decision === 'approve' &&
      roleAtLeast(one.role, terms.role) &&
      one.decided_at_ms <= terms.deadline_ms,
  );
  const firstOfEach = new Map<string, number>();
  for (const one of counting) {
    firstOfEach.set(one.actor, Math.min(one.decided_at_ms, firstOfEach.get(one.actor) ?? one.decided_at_ms));
  }
  return [...firstOfEach.values()].toSorted((left, right) => left - right)[terms.quorum - 1] ?? null;
}

function approvers(decisions: readonly StoredDecision[]): ReadonlySet<string> {
  return new Set(decisions.filter((one) => one.decision === 'approve').map((one) => one.actor));
}
