// Approvals: people decide about a plan, by its hash. One transaction checks and records; of several that decide at the
// same moment each sees the decisions before its own.

import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../api/cursor.ts';
import type {
  Approvals,
  DecisionRefusal,
  DecisionResult,
  PendingApproval,
} from '../../api/ports/approvals.ts';
import type { Principal } from '../../api/ports/principal.ts';
import type { IncidentStatus } from '../../domain/incident/status.ts';
import { actorOf, nameOf } from '../../domain/policy/identity.ts';
import type { People } from '../../domain/policy/people.ts';
import { reaches } from '../../domain/policy/reach.ts';
import { isRole, roleAtLeast } from '../../domain/role.ts';
import type { ApprovalDecided } from '../../workflows/messages.ts';
import { readStanding } from './approval-standing.ts';
import { createApprovalStore } from './approval-store.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNow, databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { counting, judgeApprovals, peopleIn } from './gate/approvals.ts';
import { readVotes } from './gate/votes.ts';
import { withinReach } from './reach.ts';
import { storable } from './text.ts';
import { transact } from './transact.ts';

const position = [z.number(), z.int()] as const;
type DecideInput = Parameters<Approvals['decide']>[0];

export function createApprovals(db: Kysely<Schema>, people: People): Approvals {
  return {
    async pending(limit, cursor, reach) {
      let query = db
        .selectFrom('approval_requests as request')
        .innerJoin('incidents', 'incidents.id', 'request.incident_id')
        .select([
          'request.incident_id',
          'request.plan_hash',
          'request.seq',
          'role',
          'quorum',
          'requested_at_ms',
          'deadline_ms',
          'counts_from_ms',
          'because',
        ])
        .where('resolution', 'is', null)
        .where('status', 'not in', ['handed-over', 'closed'])
        .whereRef('incidents.plan_hash', '=', 'request.plan_hash')
        .where('deadline_ms', '>=', databaseNow)
        .orderBy('deadline_ms')
        .orderBy('request.seq')
        .limit(limit + 1);
      if (reach !== undefined) query = query.where(withinReach(reach));
      if (cursor !== null) {
        const [deadlineMs, seq] = readCursor('pending', position, cursor);
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('deadline_ms', 'request.seq'), '>', tuple(deadlineMs, seq)),
        );
      }
      const rows = await query.execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const items: PendingApproval[] = [];
      for (const row of page) {
        const { incident_id: incidentId, plan_hash: planHash, role, quorum } = row;
        items.push({
          incidentId,
          planHash,
          role,
          quorum,
          approvals: peopleIn(counting(row, await readVotes(db, people, { incidentId, planHash }))),
          requestedAtMs: row.requested_at_ms,
          deadlineMs: row.deadline_ms,
          because: row.because,
        });
      }
      const more = rows.length > limit && last !== undefined;
      return { items, nextCursor: more ? writeCursor('pending', [last.deadline_ms, last.seq]) : null };
    },

    decide: (input) => transact(db, (trx) => decide(trx, people, input)),

    standing: (incidentId, planHash) => readStanding(db, people, incidentId, planHash),

    async undelivered(limit) {
      const rows = await db
        .selectFrom('approvals')
        .innerJoin('incidents', 'incidents.id', 'approvals.incident_id')
        .selectAll('approvals')
        .where('delivered_at_ms', 'is', null)
        .where('status', 'not in', ['handed-over', 'closed'])
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...decided(row), incidentId: row.incident_id }));
    },

    async delivered(approvalId) {
      await db
        .updateTable('approvals')
        .set({ delivered_at_ms: databaseNow })
        .where('id', '=', approvalId)
        .where('delivered_at_ms', 'is', null)
        .execute();
    },
  };
}

/** Sentinel does nothing more: no plan waits for anybody. */
function isOver(status: IncidentStatus): boolean {
  return status === 'handed-over' || status === 'closed';
}

async function decide(trx: Kysely<Schema>, people: People, input: DecideInput): Promise<DecisionResult> {
  const result = await judgeDecision(trx, people, input);
  const ofItself = result.recorded || result.reason === 'unknown-incident';
  if (!ofItself) await auditDecision(trx, input, await databaseNowMs(trx), { refused: result.reason });
  return result;
}

async function judgeDecision(
  trx: Kysely<Schema>,
  people: People,
  input: DecideInput,
): Promise<DecisionResult> {
  const { incidentId, planHash, principal, decision } = input;
  const actor = storable(actorOf(principal));
  const who = nameOf(actor);
  const incident = await trx
    .selectFrom('incidents')
    .select(['status', 'plan_hash', 'environment', 'service'])
    .where('id', '=', storable(incidentId))
    .executeTakeFirst();
  if (incident === undefined) return refused('unknown-incident', `there is no incident ${incidentId}`);

  // The lock that makes deciders of one plan come one after the other.
  const lockRequest = () =>
    requestFor(trx, incidentId).where('plan_hash', '=', storable(planHash)).forUpdate().executeTakeFirst();
  let request = await lockRequest();
  if (await openAsked(trx, people, { incidentId, planHash, round: request?.round ?? 0 }))
    request = await lockRequest();
  if (request === undefined) {
    const other = await requestFor(trx, incidentId).orderBy('seq', 'desc').limit(1).executeTakeFirst();
    if (other === undefined || isOver(incident.status)) {
      return refused('not-awaiting', 'the incident awaits no approval');
    }
    return refused('stale-plan', `approval is asked for plan ${other.plan_hash}, not for ${planHash}`);
  }
  const votes = await readVotes(trx, people, { incidentId, planHash });
  // An approval that does not count any more (given in a lower role, with a key that is gone, too long ago) may be given again.
  const stands = [...votes.filter((one) => one.decision === 'reject'), ...counting(request, votes)];
  const own = stands.find((one) => one.actor === actor);
  if (own !== undefined && own.decision === decision)
    return { recorded: true, decision: decided({ ...own, plan_hash: planHash }), repeated: true };
  if (own !== undefined) return refused('already-decided', `${who} has already decided: ${own.decision}`);
  if (isOver(incident.status)) return refused('not-awaiting', 'the incident is closed or with a person');
  if (incident.plan_hash !== planHash) return refused('stale-plan', 'the incident has another plan now');
  const { role } = principal;
  if (!isRole(role) || !roleAtLeast(role, request.role)) {
    return refused('role-too-low', `the plan needs the role ${request.role}; ${who} has ${role}`);
  }
  if (!reaches(principal.reach, incident.environment, incident.service)) {
    const where = `${incident.environment}/${incident.service}`;
    return refused('out-of-reach', `${who} may not decide about ${where}: the key does not reach there`);
  }
  const nowMs = await databaseNowMs(trx);
  const standing = judgeApprovals(request, votes, nowMs);
  if (standing.kind === 'granted' || standing.kind === 'rejected') {
    return refused('already-decided', `the plan is already ${standing.kind}`);
  }
  if (standing.kind === 'expired') return refused('expired', 'the time to decide is over');
  const same = counting(request, votes).find((one) => one.person === principal.person);
  if (same !== undefined && decision === 'approve') {
    const both = `${who} and ${nameOf(same.actor)} count for the same person (${principal.person})`;
    return refused('same-person', `${both}, who has approved already; another person has to`);
  }

  const row = {
    id: randomUUID(),
    incident_id: incidentId,
    plan_hash: planHash,
    actor,
    key_id: principal.keyId,
    role,
    decision,
    reason: storable(input.reason),
    decided_at_ms: nowMs,
    delivered_at_ms: null,
    round: request.round,
  };
  await trx.insertInto('approvals').values(row).execute();
  const after = judgeApprovals(request, await readVotes(trx, people, { incidentId, planHash }), nowMs).kind;
  if (after === 'granted' || after === 'rejected') await resolve(trx, incidentId, planHash, after);
  await auditDecision(trx, input, nowMs, { approvalId: row.id, standing: after });
  return { recorded: true, decision: decided(row), repeated: false };
}

/**
 * The incident says that it asks before its workflow has opened the request, or the next round of it; whoever reads the one may
 * answer before the other is there. Both say the same, so the request is opened here; the workflow finds it then. False when the
 * incident asks nothing more than the round that is stored.
 */
async function openAsked(
  trx: Kysely<Schema>,
  people: People,
  { incidentId, planHash, round }: { incidentId: string; planHash: string; round: number },
): Promise<boolean> {
  const asking = await trx
    .selectFrom('incidents')
    .select('state')
    .where('id', '=', storable(incidentId))
    .where('status', '=', 'awaiting-approval')
    .where('plan_hash', '=', storable(planHash))
    .executeTakeFirst();
  const approval = asking?.state.approval;
  if (approval == null || approval.planHash !== planHash) return false;
  if ((approval.round ?? 1) <= round) return false;
  const { decisions: _heard, ...asked } = approval;
  await createApprovalStore(trx, people).open({ incidentId, ...asked });
  return true;
}

function requestFor(trx: Kysely<Schema>, incidentId: string) {
  return trx.selectFrom('approval_requests').selectAll().where('incident_id', '=', storable(incidentId));
}

async function resolve(
  trx: Kysely<Schema>,
  incidentId: string,
  planHash: string,
  resolution: 'granted' | 'rejected',
): Promise<void> {
  await trx
    .updateTable('approval_requests')
    .set({ resolution })
    .where('incident_id', '=', incidentId)
    .where('plan_hash', '=', planHash)
    .execute();
}

async function auditDecision(
  trx: Kysely<Schema>,
  { incidentId, planHash, principal, decision, reason }: DecideInput,
  atMs: number,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  await appendAudit(trx, [
    {
      actor: actorOf(principal),
      action: 'approval.decide',
      atMs,
      reason,
      subject: incidentId,
      planHash,
      details: { decision, ...byKey(principal), ...more },
    },
  ]);
}

function byKey({ keyId, role }: Principal) {
  return { keyId, role };
}

function refused(reason: DecisionRefusal, detail: string): DecisionResult {
  return { recorded: false, reason, detail };
}

function decided(row: {
  id: string;
  plan_hash: string;
  actor: string;
  decision: 'approve' | 'reject';
  reason: string;
}): ApprovalDecided {
  const { id: approvalId, plan_hash: planHash, actor, decision, reason } = row;
  return { approvalId, planHash, actor, decision, reason };
}
