// Where the approval of the plan under way stands, from what the incident has heard and, where given, what the store knows.

import { nameOf } from '../policy/identity.ts';
import { plainLine } from '../text.ts';
import type { IncidentEvent } from './events.ts';
import type { IncidentState } from './state.ts';

const longestName = 100;
const longestReason = 500;

/** `withdrawn`: the incident went on or ended without it (the symptom went away, a person took over). */
export const approvalOutcomes = ['pending', 'granted', 'rejected', 'expired', 'withdrawn'] as const;
export type ApprovalOutcome = (typeof approvalOutcomes)[number];

/** What a store knows of the request for this plan. */
export type ApprovalFacts = {
  readonly planHash: string;
  readonly outcome: ApprovalOutcome;
  /** Who approved, in order. */
  readonly given: readonly string[];
  readonly rejectedBy: string | null;
  readonly reason: string;
};

export type ApprovalBriefing = ApprovalFacts & {
  readonly role: string;
  readonly quorum: number;
  readonly deadlineMs: number;
  /** Which time it is asked for this plan, from 1. */
  readonly round: number;
  /** Why it is asked although the plan was granted before; null for the first time that policy asks. */
  readonly because: string | null;
};

export function approvalBriefing(
  state: IncidentState,
  timeline: readonly IncidentEvent[],
  facts: ApprovalFacts | null,
): ApprovalBriefing | null {
  if (state.approval === null) return null;
  const { planHash, role, quorum, deadlineMs, round = 1, because } = state.approval;
  const known = facts?.planHash === planHash ? facts : heard(state.approval, state, timeline);
  return {
    planHash,
    outcome: known.outcome,
    given: known.given.map((actor) => plainLine(actor, longestName)),
    rejectedBy: known.rejectedBy === null ? null : plainLine(known.rejectedBy, longestName),
    reason: plainLine(known.reason, longestReason),
    role,
    quorum,
    deadlineMs,
    round,
    because: because === undefined ? null : plainLine(because, longestReason),
  };
}

/** What the incident itself has heard of. */
function heard(
  { planHash, quorum, decisions }: NonNullable<IncidentState['approval']>,
  state: IncidentState,
  timeline: readonly IncidentEvent[],
): ApprovalFacts {
  const ofThisPlan = timeline.filter((event) => 'planHash' in event && event.planHash === planHash);
  const said = ofThisPlan.findLast((event) => event.type === 'approval-rejected');
  const expired = ofThisPlan.some((event) => event.type === 'approval-expired');
  const given = [
    ...new Set(decisions.filter(({ decision }) => decision === 'approve').map(({ actor }) => nameOf(actor))),
  ];
  const rejecting = said?.actor ?? decisions.find(({ decision }) => decision === 'reject')?.actor;
  const rejectedBy = rejecting === undefined ? null : nameOf(rejecting);
  return { planHash, given, rejectedBy, reason: said?.reason ?? '', outcome: outcome() };

  function outcome(): ApprovalOutcome {
    if (rejectedBy !== null) return 'rejected';
    if (given.length >= quorum) return 'granted';
    if (state.status === 'awaiting-approval') return 'pending';
    if (state.effects.some((effect) => effect.planHash === planHash)) return 'granted';
    if (expired) return 'expired';
    return state.status === 'executing' ? 'granted' : 'withdrawn';
  }
}
