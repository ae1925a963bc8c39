// What became of one event can be asked by the id its sender gave it, and a repeat leaves a trace.

import { statements } from './run.ts';

export const eventIds = statements(
  'alter table inbox add column event_id text',
  'alter table inbox add column repeats integer not null default 0',
  'alter table inbox add column repeated_at_ms bigint',
  'create index inbox_by_event on inbox (event_id) where event_id is not null',
);
