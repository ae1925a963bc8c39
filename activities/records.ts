// The activities that only hand a call on to a store.

import type { ActivityDeps } from './deps.ts';
import type { Activities } from './types.ts';

export function createRecords({
  approvals,
  incidents,
  requeue,
  stops,
  silences,
  rollbacks,
  clock,
}: Pick<
  ActivityDeps,
  'approvals' | 'incidents' | 'requeue' | 'stops' | 'silences' | 'rollbacks' | 'clock'
>): Pick<
  Activities,
  | 'requestApproval'
  | 'readApproval'
  | 'readStop'
  | 'readSilences'
  | 'firingAlerts'
  | 'closeEpisode'
  | 'returnAnomalies'
  | 'endRollback'
  | 'noteRollbackVerified'
> {
  return {
    requestApproval: (request) => approvals.open(request),
    readApproval: ({ incidentId, planHash }) => approvals.status(incidentId, planHash, clock.nowMs()),
    readStop: ({ incidentId }) => stops.read(incidentId),
    readSilences: ({ incidentId }) => silences.read(incidentId),
    firingAlerts: ({ incidentId }) => incidents.firingAlerts(incidentId),
    closeEpisode: ({ incidentId, outcome }) => incidents.closeEpisode(incidentId, outcome, clock.nowMs()),
    endRollback: ({ incidentId: _of, ...ended }) => rollbacks.end(ended),
    noteRollbackVerified: ({ requestId, result }) => rollbacks.verified(requestId, result),
    returnAnomalies: ({ incidentId, anomalies }) => requeue.putBack(incidentId, anomalies),
  };
}
