// Reading what correlation looks at: open episodes with their services, and who calls whom.

import type { Kysely } from 'kysely';
import type { OpenEpisode } from '../../../domain/correlation/correlate.ts';
import type { Edge } from '../../../domain/correlation/service-graph.ts';
import type { Schema } from '../database/schema.ts';

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
