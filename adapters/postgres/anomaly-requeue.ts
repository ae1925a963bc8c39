// AnomalyRequeue: anomalies that an incident ended without go through the inbox again.

import type { Kysely } from 'kysely';
import type { AnomalyRequeue } from '../../activities/ports.ts';
import type { Inbox } from '../../ingest/ports.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

export function createAnomalyRequeue(db: Kysely<Schema>, inbox: Inbox): AnomalyRequeue {
  return {
    async putBack(incidentId, anomalies) {
      if (anomalies.length === 0) return;
      // The incident may have recorded it and never looked at it: it is to be assigned like one that nobody heard.
      await db
        .updateTable('anomaly_assignments')
        .set({ heard: false })
        .where('incident_id', '=', incidentId)
        .where(
          'anomaly_id',
          'in',
          anomalies.map(({ id }) => storable(id)),
        )
        .execute();
      await inbox.put(
        anomalies.map((anomaly) => ({
          id: `returned/${incidentId}/${anomaly.id}`,
          kind: 'anomaly',
          anomaly,
        })),
      );
    },
  };
}
