// Is the plan granted, as of now: by policy's own word, or by people where policy asks for them? What was granted and does not
// suffice any more, or was granted too long ago, is refused with what it needs, so that people can be asked again.

import type { Kysely } from 'kysely';
import { nameOf } from '../../../domain/policy/identity.ts';
import { leastApproval } from '../../../domain/policy/levels.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { NeededApproval } from '../../../domain/remediation/intent.ts';
import { type Role, roleAtLeast } from '../../../domain/role.ts';
import type { Schema } from '../database/schema.ts';
import { currentOverloads } from '../own-lag.ts';
import { grantedAtMs, judgeApprovals } from './approvals.ts';
import type { Check } from './checks.ts';
import { lapsed, readVotes } from './votes.ts';

/**
 * Policy's verdict, or the approvals it asks for. Policy is asked again: what it asks now counts where it is stricter than what
 * it asked then. A request for less is worth nothing, and neither is the vote of somebody who could not give it now. Once people
 * were asked, they decide: policy that is looser by now takes nothing back from them. What was granted and does not suffice any
 * more is refused with what it needs now, so that people can be asked again.
 */
export const grant: Check = async (trx, { effect, verdict, verdictNow, people, limits, nowMs }) => {
  if (verdict === null) return { reason: 'no-grant', detail: 'policy has not judged this plan' };
  for (const said of [verdict, verdictNow]) {
    if (said.kind === 'deny') return { reason: 'policy-denied', detail: `${said.rule}: ${said.reason}` };
  }
  const asking = [verdict, verdictNow].filter((said) => said.kind === 'approval');
  const { incidentId, planHash } = effect.content;
  const request = await requestOf(trx, incidentId, planHash);
  if (request === undefined) {
    if (verdict.kind === 'approval')
      return { reason: 'no-grant', detail: 'no approval has been requested for this plan' };
    if (verdictNow.kind !== 'approval') return null;
    return {
      reason: 'approval-needed',
      detail: `policy let it run without asking when it was planned, and now ${asksText(verdictNow)}`,
      needs: needed(verdictNow),
    };
  }
  const votes = await readVotes(trx, people, { incidentId, planHash });
  const terms = {
    role: asking.map(({ role }) => role).reduce(higherRole, request.role),
    quorum: Math.max(request.quorum, ...asking.map(({ quorum }) => quorum)),
    deadline_ms: request.deadline_ms,
    counts_from_ms: request.counts_from_ms,
  };
  const judged = judgeApprovals(terms, votes, nowMs);
  const gone = lapsed(votes, request.role);
  const more = gone === '' ? '' : `; ${gone}`;
  // It had been approved: the votes were enough for what was asked then.
  const sufficed = request.resolution === 'granted';
  if ((judged.kind === 'pending' || judged.kind === 'expired') && sufficed) {
    const stricter = asking.findLast(
      ({ role, quorum }) => quorum > request.quorum || !roleAtLeast(request.role, role),
    );
    const { role, quorum } = terms;
    const { deadlineSeconds } = asking.at(-1) ?? leastApproval;
    return {
      reason: 'approval-needed',
      detail:
        stricter === undefined
          ? gone || 'some of its approvals do not count any more'
          : `policy now ${asksText({ ...stricter, role, quorum })}${more}`,
      needs: { role, quorum, deadlineSeconds },
    };
  }
  switch (judged.kind) {
    case 'pending':
      return {
        reason: 'no-grant',
        detail: `${terms.quorum} of role ${terms.role} have not approved yet${more}`,
      };
    case 'expired':
      return { reason: 'grant-expired', detail: `the deadline passed without enough approvals${more}` };
    case 'rejected':
      return { reason: 'rejected', detail: `rejected by ${nameOf(judged.actor)}: ${judged.reason}` };
    case 'granted': {
      const since = grantedAtMs(terms, votes) ?? 0;
      const validMs = limits.grantValidMinutes * 60_000;
      if (nowMs - since <= validMs) return null;
      // Nothing is wrong with the plan or with who approved it; what they saw has had its time.
      const { deadlineSeconds } = asking.at(-1) ?? leastApproval;
      return {
        reason: 'grant-expired',
        detail: `it was approved ${agoText(nowMs - since)} ago, and an approval holds for ${agoText(validMs)}`,
        needs: { role: terms.role, quorum: terms.quorum, deadlineSeconds, afresh: true },
      };
    }
  }
};

/** What policy alone let through was judged by a Sentinel that kept up: while it does not, only people let things through. */
export const ownLag: Check = async (trx, { effect, verdict, limits }) => {
  if (verdict?.kind !== 'auto' || !limits.lagLowersAutonomy) return null;
  const missing = await currentOverloads(trx);
  if (missing.length === 0) return null;
  const { incidentId, planHash } = effect.content;
  // Where people were asked, they have approved it, or the check before this one had refused it.
  if ((await requestOf(trx, incidentId, planHash)) !== undefined) return null;
  return { reason: 'overloaded', detail: missing.join(', '), needs: needed(leastApproval) };
};

/** Nobody changes it until the transaction ends. */
function requestOf(trx: Kysely<Schema>, incidentId: string, planHash: string) {
  return trx
    .selectFrom('approval_requests')
    .select(['role', 'quorum', 'deadline_ms', 'counts_from_ms', 'resolution'])
    .where('incident_id', '=', incidentId)
    .where('plan_hash', '=', planHash)
    .forShare()
    .executeTakeFirst();
}

function needed({ role, quorum, deadlineSeconds }: NeededApproval): NeededApproval {
  return { role, quorum, deadlineSeconds };
}

function asksText(verdict: Extract<Verdict, { kind: 'approval' }>): string {
  const { quorum, role, rule, reason } = verdict;
  return `asks for ${quorum} × ${role} (rule ${rule}): ${reason}`;
}

function agoText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

function higherRole(left: Role, right: Role): Role {
  return roleAtLeast(left, right) ? left : right;
}
