// What the analyses themselves found, as they stored it: what policy is asked with. The incident's own record says what its
// workflow says, and a workflow's word lowers or raises nobody's autonomy.

import { statements } from './run.ts';

export const diagnoses = statements(
  `create table diagnoses (
    incident_id text not null,
    attempt integer not null,
    body json not null,
    statistical json,
    missing json not null,
    contested boolean not null,
    saved_at_ms bigint not null,
    primary key (incident_id, attempt)
  )`,
);
