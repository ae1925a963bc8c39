// The incidents of one symptom that came back: those before an incident, back to the first, and those that follow it.

import { type Kysely, sql } from 'kysely';
import type { Chain } from '../../../domain/incident/chain.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { Schema } from '../database/schema.ts';

export async function chainOf(db: Kysely<Schema>, incidentId: string): Promise<Chain> {
  // `union` and not `union all`: even a circle, which nothing writes, would come to an end.
  const { rows } = await sql<{ state: IncidentState }>`
    with recursive earlier (incident_id, follows, opened_at_ms) as (
      select incident_id, follows, opened_at_ms from episodes where incident_id = ${incidentId}
      union
      select episodes.incident_id, episodes.follows, episodes.opened_at_ms
      from episodes join earlier on episodes.incident_id = earlier.follows)
    select state from earlier join incidents on incidents.id = earlier.incident_id
    where earlier.incident_id <> ${incidentId}
    order by earlier.opened_at_ms, earlier.incident_id`.execute(db);
  const later = await db
    .selectFrom('episodes')
    .innerJoin('incidents', 'incidents.id', 'episodes.incident_id')
    .select('incident_id')
    .where('follows', '=', incidentId)
    .orderBy('episodes.opened_at_ms')
    .orderBy('incident_id')
    .execute();
  return {
    earlier: rows.map(({ state }) => {
      const { incidentId: id, severity, outcome, end, openedAtMs, closedAtMs } = state;
      return {
        incidentId: id,
        severity,
        outcome,
        openedAtMs,
        closedAtMs,
        ...(end === undefined ? {} : { end }),
      };
    }),
    continuedIn: later.map((row) => row.incident_id),
  };
}
