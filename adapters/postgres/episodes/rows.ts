// Reading and writing episodes: open ones, their services, and which anomaly belongs to which.

import type { Kysely } from 'kysely';
import type { Edge, OpenEpisode } from '../../../domain/correlation/correlate.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Assignment } from '../../../ingest/ports.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';

export async function openEpisodes(
  trx: Kysely<Schema>,
  environment: string,
): Promise<readonly OpenEpisode[]> {
  const rows = await trx
    .selectFrom('episodes')
    .innerJoin('episode_services', 'episode_services.incident_id', 'episodes.incident_id')
    .select(['episodes.incident_id', 'opened_at_ms', 'last_anomaly_ms', 'handed_over_at_ms', 'service'])
    .where('environment', '=', environment)
    .where('closed_at_ms', 'is', null)
    .orderBy('episodes.incident_id')
    .execute();
  const byIncident = Map.groupBy(rows, (row) => row.incident_id);
  return [...byIncident.values()].flatMap((ofOne) => {
    const [first] = ofOne;
    if (first === undefined) return [];
    return {
      incidentId: first.incident_id,
      environment,
      services: ofOne.map((row) => row.service),
      openedAtMs: first.opened_at_ms,
      lastAnomalyMs: first.last_anomaly_ms,
      handedOver: first.handed_over_at_ms !== null,
    };
  });
}

export async function edgesOf(trx: Kysely<Schema>, environment: string): Promise<readonly Edge[]> {
  return trx
    .selectFrom('service_edges')
    .select(['caller', 'callee'])
    .where('environment', '=', environment)
    .execute();
}

export async function assignmentOf(trx: Kysely<Schema>, anomalyId: string) {
  return trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['anomaly_assignments.incident_id', 'heard', 'closed_at_ms', 'handed_over_at_ms'])
    .where('anomaly_id', '=', anomalyId)
    .executeTakeFirst();
}

/** The open incident that has had this series before: what comes back belongs to it, whoever has it in hand. */
export async function openIncidentOfSeries(
  trx: Kysely<Schema>,
  { scope, seriesKey }: Anomaly,
): Promise<string | null> {
  const row = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select('episodes.incident_id')
    .where('series_key', '=', storable(seriesKey))
    .where('environment', '=', scope.environment)
    .where('closed_at_ms', 'is', null)
    .orderBy('assigned_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.incident_id ?? null;
}

/** Says that the anomaly belongs to the incident, whichever it belonged to before, and widens the incident by it. */
export async function join(
  trx: Kysely<Schema>,
  incidentId: string,
  anomalyId: string,
  anomaly: Anomaly,
): Promise<void> {
  await trx
    .insertInto('episode_services')
    .values({ incident_id: incidentId, service: anomaly.scope.service })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await trx
    .insertInto('anomaly_assignments')
    .values({
      anomaly_id: anomalyId,
      incident_id: incidentId,
      assigned_at_ms: databaseNow,
      series_key: storable(anomaly.seriesKey),
      unvouched: anomaly.unvouched === true,
    })
    .onConflict((conflict) =>
      conflict
        .column('anomaly_id')
        .doUpdateSet({ incident_id: incidentId, assigned_at_ms: databaseNow, heard: false }),
    )
    .execute();
  await trx
    .updateTable('episodes')
    .set({ last_anomaly_ms: anomaly.onsetMs })
    .where('incident_id', '=', incidentId)
    .where('last_anomaly_ms', '<', anomaly.onsetMs)
    .execute();
}

/** The answer that names an incident: what its workflow needs to start, as it was when the episode was opened. */
export async function incidentAssignment(trx: Kysely<Schema>, incidentId: string): Promise<Assignment> {
  const row = await trx
    .selectFrom('episodes')
    .select(['fingerprint', 'episode', 'scope', 'severity', 'title'])
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
  return { kind: 'incident', input: { incidentId, ...row } };
}
