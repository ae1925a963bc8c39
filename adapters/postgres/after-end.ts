// Events that come after the end of an incident, when no workflow numbers them any more.

import type { Kysely } from 'kysely';
import type { IncidentStore } from '../../activities/ports.ts';
import type { IncidentEventBody } from '../../domain/incident/events.ts';
import { evolve } from '../../domain/incident/evolve.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { IncidentEventConflict, IncidentEventGap } from './incident-store.ts';

/** Writes it into the record; false where the incident is not closed, or where somebody else writes at this moment. */
export async function recordAfterEnd(
  db: Kysely<Schema>,
  incidents: Pick<IncidentStore, 'recordEvents'>,
  incidentId: string,
  body: IncidentEventBody,
): Promise<boolean> {
  const incident = await db
    .selectFrom('incidents')
    .select(['state', 'status'])
    .where('id', '=', incidentId)
    .executeTakeFirst();
  // One that is open gets a workflow again, which would find its own numbers taken.
  if (incident === undefined || incident.status !== 'closed') return false;
  const { state } = incident;
  const atMs = await databaseNowMs(db);
  const event = { ...body, seq: state.lastSeq + 1, atMs };
  const after = evolve(state, event, incidentId);
  if (after === null) return false;
  try {
    await incidents.recordEvents(incidentId, [event], after);
    return true;
  } catch (error) {
    if (error instanceof IncidentEventConflict || error instanceof IncidentEventGap) return false;
    throw error;
  }
}
