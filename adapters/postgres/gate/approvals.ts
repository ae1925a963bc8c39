// Do these decisions grant the plan they are about? One rejection rejects; a quorum counts people, not decisions; what
// came after the deadline, from a role too low, or from somebody who could not decide now does not count. Pure: asked by the
// gate, the workflow and the API.

import type { ApprovalStatus } from '../../../activities/types.ts';
import { peopleFor } from '../../../domain/policy/identity.ts';
import { type Role, roleAtLeast } from '../../../domain/role.ts';

export type ApprovalTerms = {
  readonly role: Role;
  readonly quorum: number;
  readonly deadline_ms: number;
  /** Approvals from before do not count. */
  readonly counts_from_ms: number;
};

export type StoredDecision = {
  readonly id: string;
  readonly actor: string;
  readonly keyId: string;
  /** Whom the vote counts for. */
  readonly person: string;
  /** The role at the moment of the decision, and now; null when whoever decided could not decide now. */
  readonly role: Role;
  readonly roleNow: Role | null;
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
  // A no stays a no, whatever became of who said it: only a yes lets something happen.
  const rejection = decisions.find((one) => one.decision === 'reject' && inTime(one, terms));
  if (rejection !== undefined) return { kind: 'rejected', actor: rejection.actor, reason: rejection.reason };
  if (peopleIn(counting(terms, decisions)) >= terms.quorum) return { kind: 'granted' };
  return nowMs > terms.deadline_ms ? { kind: 'expired' } : { kind: 'pending' };
}

/** When the last approval that the quorum needed was given; null without a quorum. */
export function grantedAtMs(terms: ApprovalTerms, decisions: readonly StoredDecision[]): number | null {
  const given = counting(terms, decisions).toSorted(
    (left, right) => left.decided_at_ms - right.decided_at_ms,
  );
  const last = given.findIndex((_, index) => peopleIn(given.slice(0, index + 1)) >= terms.quorum);
  return given[last]?.decided_at_ms ?? null;
}

/** Approvals that count now. */
export function counting(
  terms: Omit<ApprovalTerms, 'quorum'>,
  decisions: readonly StoredDecision[],
): readonly StoredDecision[] {
  return decisions.filter(
    (one) =>
      one.decision === 'approve' &&
      inTime(one, terms) &&
      one.decided_at_ms >= terms.counts_from_ms &&
      one.roleNow !== null &&
      roleAtLeast(one.roleNow, terms.role),
  );
}

export function peopleIn(decisions: readonly StoredDecision[]): number {
  return peopleFor(decisions.map(({ person }) => person));
}

function inTime(one: StoredDecision, terms: Pick<ApprovalTerms, 'role' | 'deadline_ms'>): boolean {
  return roleAtLeast(one.role, terms.role) && one.decided_at_ms <= terms.deadline_ms;
}
