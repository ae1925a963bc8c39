// KnownResources: what ingest has noted of running instances (telemetry-notes.ts).

import type { Kysely } from 'kysely';
import type { KnownResources } from '../../activities/ports/resources.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

/** More instances than this say nothing new about where their services run. */
const most = 2_000;

export function createKnownResources(db: Kysely<Schema>): KnownResources {
  return {
    async of(environment, services) {
      if (services !== null && services.length === 0) return [];
      const rows = await db
        .selectFrom('telemetry_resources')
        .select(['environment', 'service', 'resource_id', 'attributes'])
        .where('environment', '=', storable(environment))
        .$if(services !== null, (query) => query.where('service', 'in', (services ?? []).map(storable)))
        .orderBy('seen_at_ms', 'desc')
        .limit(most)
        .execute();
      return rows.map(({ resource_id, ...row }) => ({ ...row, resourceId: resource_id }));
    },
  };
}
