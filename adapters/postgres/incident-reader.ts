// IncidentReader: incidents as people list and open them.

import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../api/cursor.ts';
import type { IncidentFilter, IncidentReader, IncidentSummary } from '../../api/ports/incidents.ts';
import type { OutsideView } from '../../domain/diagnosis/outside.ts';
import type { Schema } from './database/schema.ts';
import { effectsOfIncident } from './effects-of-incident.ts';
import { chainOf } from './episodes/chain.ts';
import { membersOf } from './episodes/members.ts';
import { readPlan } from './plan-store.ts';
import { withinReach } from './reach.ts';
import { storable } from './text.ts';

const position = [z.int(), z.string()] as const;

export const summaryColumns = [
  'id',
  'title',
  'environment',
  'service',
  'severity',
  'status',
  'outcome',
  'attempt',
  'opened_at_ms',
  'updated_at_ms',
  'closed_at_ms',
] as const;

export function createIncidentReader(db: Kysely<Schema>): IncidentReader {
  return {
    async list(filter, limit, cursor) {
      let query = filtered(db, filter)
        .select(summaryColumns)
        .orderBy('opened_at_ms', 'desc')
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (cursor !== null) {
        const [openedAtMs, id] = readCursor('incidents', position, cursor);
        query = query.where(({ eb, refTuple, tuple }) =>
          eb(refTuple('opened_at_ms', 'id'), '<', tuple(openedAtMs, id)),
        );
      }
      const rows = await query.execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(summaryOf),
        nextCursor:
          rows.length > limit && last !== undefined
            ? writeCursor('incidents', [last.opened_at_ms, last.id])
            : null,
      };
    },

    async get(id) {
      const row = await db
        .selectFrom('incidents')
        .select([...summaryColumns, 'state'])
        .where('id', '=', storable(id))
        .executeTakeFirst();
      return row === undefined ? null : { summary: summaryOf(row), state: row.state };
    },

    async states(ids) {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom('incidents')
        .select(['id', 'state'])
        .where('id', 'in', ids.map(storable))
        .execute();
      return new Map(rows.map((row) => [row.id, row.state]));
    },

    chain: (id) => chainOf(db, storable(id)),

    async timeline(id, afterSeq, limit) {
      const rows = await db
        .selectFrom('incident_events')
        .select('body')
        .where('incident_id', '=', storable(id))
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map((row) => row.body);
    },

    effects: (id, limit, cursor) => effectsOfIncident(db, id, limit, cursor),

    members: (id, limit, cursor) => membersOf(db, id, limit, cursor),

    async outside(id) {
      const row = await db
        .selectFrom('evidence')
        .select(sql<readonly OutsideView[] | null>`input -> 'outside'`.as('outside'))
        .where('incident_id', '=', storable(id))
        .orderBy('attempt', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row?.outside ?? [];
    },

    async details(id) {
      const incidentId = storable(id);
      const evidence = await db
        .selectFrom('evidence')
        .select('items')
        .where('incident_id', '=', incidentId)
        .orderBy('attempt')
        .execute();
      const plans = await db
        .selectFrom('plans')
        .select(['plan_hash', 'canonical', 'verdict'])
        .where('incident_id', '=', incidentId)
        .orderBy('attempt')
        .orderBy('seq')
        .execute();
      const postmortem = await db
        .selectFrom('postmortems')
        .select('markdown')
        .where('incident_id', '=', incidentId)
        .executeTakeFirst();
      return {
        evidence: evidence.flatMap((row) => row.items),
        // A plan whose bytes were tampered with is not shown as what somebody approved; the gate refuses it, too.
        plans: plans.flatMap((row) => {
          const hashedPlan = readPlan(row.plan_hash, row.canonical);
          return hashedPlan === null ? [] : [{ hashedPlan, verdict: row.verdict }];
        }),
        postmortem: postmortem?.markdown ?? null,
      };
    },
  };
}

function filtered(db: Kysely<Schema>, filter: IncidentFilter) {
  let query = db.selectFrom('incidents');
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.open !== undefined) query = query.where('status', filter.open ? '<>' : '=', 'closed');
  if (filter.environment !== undefined) query = query.where('environment', '=', storable(filter.environment));
  if (filter.service !== undefined) query = query.where('service', '=', storable(filter.service));
  if (filter.reach !== undefined) query = query.where(withinReach(filter.reach));
  if (filter.severity !== undefined) query = query.where('severity', '=', filter.severity);
  return query;
}

export function summaryOf(row: {
  id: string;
  title: string;
  environment: string;
  service: string;
  severity: IncidentSummary['severity'];
  status: IncidentSummary['status'];
  outcome: IncidentSummary['outcome'];
  attempt: number;
  opened_at_ms: number;
  updated_at_ms: number;
  closed_at_ms: number | null;
}): IncidentSummary {
  const { opened_at_ms: openedAtMs, updated_at_ms: updatedAtMs, closed_at_ms: closedAtMs, ...same } = row;
  const { id, title, environment, service, severity, status, outcome, attempt } = same;
  return {
    id,
    title,
    environment,
    service,
    severity,
    status,
    outcome,
    attempt,
    openedAtMs,
    updatedAtMs,
    closedAtMs,
  };
}
