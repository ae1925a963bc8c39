// AnomalyRequeue: anomalies that an incident ended without go through the inbox again.

import type { AnomalyRequeue } from '../../activities/ports.ts';
import type { Inbox } from '../../ingest/ports.ts';

export function createAnomalyRequeue(inbox: Inbox): AnomalyRequeue {
  return {
    async putBack(incidentId, anomalies) {
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
