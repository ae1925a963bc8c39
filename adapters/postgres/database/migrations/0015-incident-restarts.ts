// Incidents whose workflow was gone: how often one was started again, and who does it now, so that several processes that
// notice it at once start it once.

import { statements } from './run.ts';

export const incidentRestarts = statements(
  `create table incident_restarts (
    incident_id text primary key,
    restarts integer not null check (restarts >= 1),
    claimed_at_ms bigint not null
  )`,
);
