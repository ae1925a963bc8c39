// Where the approval of one plan stands, as people are told: judged like the gate judges it, from the same rows.

import type { Kysely } from 'kysely';
import type { ApprovalFacts } from '../../domain/incident/approval-briefing.ts';
import { nameOf } from '../../domain/policy/identity.ts';
import type { People } from '../../domain/policy/people.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { counting, judgeApprovals } from './gate/approvals.ts';
import { readVotes } from './gate/votes.ts';
import { storable } from './text.ts';

export async function readStanding(
  db: Kysely<Schema>,
  people: People,
  incidentId: string,
  planHash: string,
): Promise<ApprovalFacts | null> {
  const request = await db
    .selectFrom('approval_requests as request')
    .innerJoin('incidents', 'incidents.id', 'request.incident_id')
    .select(['request.role', 'request.quorum', 'request.deadline_ms', 'request.counts_from_ms'])
    .select('incidents.status')
    .select('incidents.plan_hash as current')
    .where('request.incident_id', '=', storable(incidentId))
    .where('request.plan_hash', '=', storable(planHash))
    .executeTakeFirst();
  if (request === undefined) return null;
  const plan = { incidentId: storable(incidentId), planHash: storable(planHash) };
  const decisions = await readVotes(db, people, plan);
  const judged = judgeApprovals(request, decisions, await databaseNowMs(db));
  const overtaken =
    request.status === 'closed' || request.status === 'handed-over' || request.current !== planHash;
  const given = counting(request, decisions).map(({ actor }) => nameOf(actor));
  return {
    planHash,
    outcome: judged.kind === 'pending' && overtaken ? 'withdrawn' : judged.kind,
    given: [...new Set(given)],
    rejectedBy: judged.kind === 'rejected' ? nameOf(judged.actor) : null,
    reason: judged.kind === 'rejected' ? judged.reason : '',
  };
}
