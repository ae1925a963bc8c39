// A symptom that comes back soon after its incident ended: the new incident says which one it follows, and how often that was.

import { statements } from './run.ts';

export const follows = statements(
  'alter table episodes add column follows text',
  'alter table episodes add column times integer not null default 1 check (times >= 1)',
  'alter table episodes add column first_opened_at_ms bigint',
);
