// Where the approval of one plan stands, as people are told: judged like the gate judges it, from the same rows.

import type { Kysely } from 'kysely';
import type { ApprovalFacts } from '../../domain/incident/approval-briefing.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { judgeApprovals } from './gate/approvals.ts';
import { storable } from './text.ts';

export async function readStanding(
  db: Kysely<Schema>,
  incidentId: string,
  planHash: string,
): Promise<ApprovalFacts | null> {
  const request = await db
    .selectFrom('approval_requests as request')
    .innerJoin('incidents', 'incidents.id', 'request.incident_id')
    .select(['request.role', 'request.quorum', 'request.deadline_ms', 'incidents.status'])
    .select('incidents.plan_hash as current')
    .where('request.incident_id', '=', storable(incidentId))
    .where('request.plan_hash', '=', storable(planHash))
    .executeTakeFirst();
  if (request === undefined) return null;
  const decisions = await db
    .selectFrom('approvals')
    .select(['actor', 'role', 'decision', 'reason', 'decided_at_ms'])
    .where('incident_id', '=', storable(incidentId))
    .where('plan_hash', '=', storable(planHash))
    .orderBy('seq')
    .execute();
  const judged = judgeApprovals(request, decisions, await databaseNowMs(db));
  const overtaken =
    request.status === 'closed' || request.status === 'handed-over' || request.current !== planHash;
  const given = decisions.filter(({ decision }) => decision === 'approve').map(({ actor }) => actor);
  return {
    planHash,
    outcome: judged.kind === 'pending' && overtaken ? 'withdrawn' : judged.kind,
    given: [...new Set(given)],
    rejectedBy: judged.kind === 'rejected' ? judged.actor : null,
    reason: judged.kind === 'rejected' ? judged.reason : '',
  };
}
