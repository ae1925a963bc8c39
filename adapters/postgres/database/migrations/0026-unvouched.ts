// Of every anomaly of an incident: whether it rests on a sender that nobody vouches for. Policy is told, so that strangers
// move nothing that a person has not seen.

import { statements } from './run.ts';

export const unvouched = statements(
  'alter table anomaly_assignments add column unvouched boolean not null default false',
);
