// Approvals: what waits for a decision, and the one transaction that records it.

import type { ApprovalFacts } from '../../domain/incident/approval-briefing.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import type { Role } from '../../domain/role.ts';
import type { ApprovalDecided } from '../../workflows/messages.ts';
import type { Page } from './page.ts';
import type { Principal } from './principal.ts';

export type PendingApproval = {
  readonly incidentId: string;
  readonly planHash: string;
  readonly role: Role;
  readonly quorum: number;
  readonly approvals: number;
  readonly requestedAtMs: number;
  readonly deadlineMs: number;
  /** Why it is asked although the plan was granted before; null the first time. */
  readonly because: string | null;
};

export const decisionRefusals = [
  'unknown-incident',
  'not-awaiting',
  'stale-plan',
  'already-decided',
  'expired',
  'role-too-low',
  'same-person',
  'out-of-reach',
] as const;

export type DecisionRefusal = (typeof decisionRefusals)[number];

export type DecisionResult =
  | { readonly recorded: true; readonly decision: ApprovalDecided; readonly repeated: boolean }
  | { readonly recorded: false; readonly reason: DecisionRefusal; readonly detail: string };

export interface Approvals {
  /** Nearest deadline first; with a reach only those of incidents that it reaches. */
  pending(limit: number, cursor: string | null, reach?: Reach): Promise<Page<PendingApproval>>;
  /**
   * One transaction: checks the open request, the hash, the deadline and the role, and records the decision with its
   * audit event. The same actor deciding the same way again is answered with the first record (`repeated`).
   */
  decide(input: {
    incidentId: string;
    planHash: string;
    principal: Principal;
    decision: 'approve' | 'reject';
    reason: string;
  }): Promise<DecisionResult>;
  /** Where the approval of a plan stands; null when nobody was asked. */
  standing(incidentId: string, planHash: string): Promise<ApprovalFacts | null>;
  /** Decisions whose workflow has not confirmed hearing of them, for redelivery. */
  undelivered(limit: number): Promise<readonly (ApprovalDecided & { incidentId: string })[]>;
  delivered(approvalId: string): Promise<void>;
}
