// The activities that only hand a call on to a store.

import type { ActivityDeps } from './deps.ts';
import type { Activities } from './types.ts';

export function createRecords({
  approvals,
  incidents,
  requeue,
  clock,
}: Pick<ActivityDeps, 'approvals' | 'incidents' | 'requeue' | 'clock'>): Pick<
  Activities,
  'requestApproval' | 'readApproval' | 'firingAlerts' | 'closeEpisode' | 'returnAnomalies'
> {
  return {
    requestApproval: (request) => approvals.open(request),
    readApproval: ({ incidentId, planHash }) => approvals.status(incidentId, planHash, clock.nowMs()),
    firingAlerts: ({ incidentId }) => incidents.firingAlerts(incidentId),
    closeEpisode: ({ incidentId, outcome }) => incidents.closeEpisode(incidentId, outcome, clock.nowMs()),
    returnAnomalies: ({ incidentId, anomalies }) => requeue.putBack(incidentId, anomalies),
  };
}
