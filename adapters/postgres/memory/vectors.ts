// IncidentMemory on pgvector. Looked through exactly and not by an index of neighbours: with environment, service and time given, such
// an index misses what it should find, and some ten thousand incidents take milliseconds.

import { type Kysely, sql } from 'kysely';
import {
  type IncidentMemory,
  MemoryUnavailable,
  type RememberedIncident,
} from '../../../domain/memory/port.ts';
import type { Schema } from '../database/schema.ts';
import { json, storable } from '../text.ts';

export function createVectorMemory(
  db: Kysely<Schema>,
  { space, problem }: { readonly space: string; readonly problem: string | null },
): IncidentMemory {
  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    if (problem !== null) throw new MemoryUnavailable(problem);
    try {
      return await work();
    } catch (cause) {
      throw new MemoryUnavailable(
        `the memory of incidents in Postgres does not answer (${cause instanceof Error ? cause.message : String(cause)})`,
        { cause },
      );
    }
  }

  return {
    name: `pgvector/${space}`,

    remember: (memories) =>
      attempt(async () => {
        for (const { incident, vector } of memories)
          await sql`
            insert into incident_memory (space, incident_id, environment, service, opened_at_ms, ended, body, vector)
            values (${space}, ${storable(incident.incidentId)}, ${storable(incident.environment)},
              ${storable(incident.service)}, ${Math.round(incident.openedAtMs)}, ${incident.end !== null},
              ${json(incident)}, ${vectorText(vector)}::vector)
            on conflict (space, incident_id) do update set
              environment = excluded.environment, service = excluded.service, opened_at_ms = excluded.opened_at_ms,
              ended = excluded.ended, body = excluded.body, vector = excluded.vector
            where excluded.ended or not incident_memory.ended`.execute(db);
      }),

    recall: ({ environment, vector, is, service, minSimilarity, sinceMs, limit }) =>
      attempt(async () => {
        const { rows } = await sql<{ similarity: number; body: RememberedIncident }>`
          select similarity, body from (
            select 1 - (vector <=> ${vectorText(vector)}::vector) as similarity, body, incident_id
            from incident_memory
            where space = ${space} and environment = ${storable(environment)} and ended = ${is === 'ended'}
              and opened_at_ms >= ${Math.round(sinceMs)}
              ${service === undefined ? sql`` : sql`and service = ${storable(service)}`}
          ) as found
          where similarity >= ${minSimilarity}
          order by similarity desc, incident_id
          limit ${limit}`.execute(db);
        return rows.map(({ similarity, body }) => ({ similarity: Number(similarity), incident: body }));
      }),

    forget: (beforeMs) =>
      attempt(async () => {
        await sql`delete from incident_memory where space = ${space} and opened_at_ms < ${Math.round(beforeMs)}`.execute(
          db,
        );
      }),

    async close() {},
  };
}

function vectorText(vector: readonly number[]): string {
  return `[${vector.map((one) => (Number.isFinite(one) ? one : 0)).join(',')}]`;
}
