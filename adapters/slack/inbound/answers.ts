// What the person who clicked is told: what was decided, also when somebody else was first.

import type { Decided } from '../../../api/decisions.ts';
import type { ApprovalFacts } from '../../../domain/incident/approval-briefing.ts';
import { code, escaped } from '../text.ts';

export function decisionAnswer(
  decided: Decided,
  standing: ApprovalFacts | null,
  quorum: number | null,
): string {
  if (!decided.recorded) return refusalAnswer(decided, standing);
  const { decision, repeated, delivered } = decided;
  const plan = code(decision.planHash.slice(0, 12));
  const later = delivered ? '' : ' The incident has not heard of it yet; it will.';
  if (decision.decision === 'reject') {
    return repeated ? `You had rejected plan ${plan} already.` : `You rejected plan ${plan}.${later}`;
  }
  const given = standing?.given.length ?? 1;
  const so =
    standing?.outcome === 'granted' || quorum === null
      ? ' It is carried out now, unless the gate says no.'
      : ` ${given} of ${quorum} approvals are given.`;
  return repeated ? `You had approved plan ${plan} already.${so}` : `You approved plan ${plan}.${so}${later}`;
}

function refusalAnswer(
  { reason, detail }: Extract<Decided, { recorded: false }>,
  standing: ApprovalFacts | null,
): string {
  const so = standing === null ? '' : ` ${standingText(standing)}`;
  switch (reason) {
    case 'already-decided':
      return `It is decided already; your click changed nothing.${so}`;
    case 'stale-plan':
      return `The incident has another plan by now; your click changed nothing. The card shows the plan of today.${so}`;
    case 'expired':
      return 'The deadline has passed; your click changed nothing.';
    case 'not-awaiting':
      return `Nothing is asked any more; your click changed nothing.${so}`;
    case 'unknown-incident':
      return 'Sentinel does not know this incident; nothing happened.';
    case 'same-person':
      return `You approved this plan already; nothing changed: ${escaped(detail)}.`;
    case 'out-of-reach':
    case 'role-too-low':
      return `Your role is not enough; nothing happened: ${escaped(detail)}.`;
  }
}

function standingText({ outcome, given, rejectedBy, reason }: ApprovalFacts): string {
  switch (outcome) {
    case 'granted':
      return `It was approved by ${given.map(code).join(', ')}.`;
    case 'rejected':
      return `It was rejected by ${code(rejectedBy ?? 'somebody')}: ${escaped(reason)}`;
    case 'expired':
      return 'Nobody decided in time.';
    case 'withdrawn':
      return 'The question was withdrawn.';
    case 'pending':
      return given.length === 0 ? '' : `Approved so far by ${given.map(code).join(', ')}.`;
  }
}

export const unreachable =
  'Sentinel could not do this now; nothing happened. Try again, or use the dashboard, the API or the command line.';
