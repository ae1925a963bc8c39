// Which ended incidents a memory does not have yet: read from the record, so that one that was away, or is new, catches up.

import type { Kysely } from 'kysely';
import type { IncidentEvent } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

export type EndedIncident = { readonly state: IncidentState; readonly timeline: readonly IncidentEvent[] };

export type EndedIncidents = {
  /** That ended since then and are not in this memory, the latest first. */
  missingIn(memory: string, sinceMs: number, limit: number): Promise<readonly EndedIncident[]>;
  /** They are in it, or nothing can be said of them. */
  noted(memory: string, incidentIds: readonly string[]): Promise<void>;
  forget(memory: string, beforeMs: number): Promise<void>;
};

/** What an analysis tried is told in few events; a storm has thousands about its members. */
const told = [
  'enrichment-started',
  'planned',
  'verified',
  'effect-applied',
] as const satisfies readonly IncidentEvent['type'][];

export function createEndedIncidents(db: Kysely<Schema>): EndedIncidents {
  return {
    async missingIn(memory, sinceMs, limit) {
      const incidents = await db
        .selectFrom('incidents')
        .select(['id', 'state'])
        .where('closed_at_ms', '>=', sinceMs)
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('remembered_incidents')
                .select('memory')
                .where('memory', '=', memory)
                .whereRef('incident_id', '=', 'incidents.id'),
            ),
          ),
        )
        .orderBy('closed_at_ms', 'desc')
        .limit(limit)
        .execute();
      if (incidents.length === 0) return [];
      const events = await db
        .selectFrom('incident_events')
        .select(['incident_id', 'body'])
        .where(
          'incident_id',
          'in',
          incidents.map(({ id }) => id),
        )
        .where('type', 'in', told)
        .orderBy('incident_id')
        .orderBy('seq')
        .execute();
      const ofOne = Map.groupBy(events, ({ incident_id: id }) => id);
      return incidents.map(({ id, state }) => ({
        state,
        timeline: (ofOne.get(id) ?? []).map(({ body }) => body),
      }));
    },

    async noted(memory, incidentIds) {
      if (incidentIds.length === 0) return;
      await db
        .insertInto('remembered_incidents')
        .values(incidentIds.map((id) => ({ memory, incident_id: id, remembered_at_ms: databaseNow })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    async forget(memory, beforeMs) {
      await db
        .deleteFrom('remembered_incidents')
        .where('memory', '=', memory)
        .where('remembered_at_ms', '<', beforeMs)
        .execute();
    },
  };
}
