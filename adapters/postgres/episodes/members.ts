// What correlation gave an incident, in the order in which it did.

import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../../api/cursor.ts';
import type { IncidentMembers, MembersByReason } from '../../../api/ports/members.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';

const position = [z.int(), z.string()] as const;

export async function membersOf(
  db: Kysely<Schema>,
  id: string,
  limit: number,
  cursor: string | null,
): Promise<IncidentMembers> {
  const incidentId = storable(id);
  let query = db
    .selectFrom('anomaly_assignments')
    .select(['anomaly_id', 'finding_service', 'finding_severity', 'finding_title', 'reason', 'why'])
    .select(['assigned_at_ms', 'heard'])
    .where('incident_id', '=', incidentId)
    .orderBy('assigned_at_ms')
    .orderBy('anomaly_id')
    .limit(limit + 1);
  if (cursor !== null) {
    const [atMs, anomalyId] = readCursor('members', position, cursor);
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('assigned_at_ms', 'anomaly_id'), '>', tuple(atMs, anomalyId)),
    );
  }
  const rows = await query.execute();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map((row) => ({
      anomalyId: row.anomaly_id,
      service: row.finding_service,
      severity: row.finding_severity,
      title: row.finding_title,
      reason: row.reason,
      why: row.why,
      assignedAtMs: row.assigned_at_ms,
      recorded: row.heard,
    })),
    nextCursor: last === undefined ? null : writeCursor('members', [last.assigned_at_ms, last.anomaly_id]),
    byReason: await byReason(db, incidentId),
  };
}

async function byReason(db: Kysely<Schema>, incidentId: string): Promise<readonly MembersByReason[]> {
  const rows = await db
    .selectFrom('anomaly_assignments')
    .select(({ fn }) => [
      'reason',
      fn.countAll<string>().as('members'),
      fn.count<string>('finding_service').distinct().as('services'),
    ])
    .where('incident_id', '=', incidentId)
    .groupBy('reason')
    .orderBy('members', 'desc')
    .orderBy('reason')
    .execute();
  return rows.map(({ reason, members, services }) => ({
    reason,
    members: Number(members),
    services: Number(services),
  }));
}
