// What detection has learnt over weeks and cannot read from history again, and how services stand to their objectives.

import { statements } from './run.ts';

export const learnt = statements(
  `create table learnt_states (
    environment text not null,
    service text not null,
    key text not null,
    until_ms bigint not null,
    state bytea not null,
    kept_at_ms bigint not null,
    primary key (environment, service, key)
  )`,
  'create index learnt_states_by_time on learnt_states (kept_at_ms)',
  `create table error_budgets (
    environment text not null,
    service text not null,
    kind text not null,
    budget json not null,
    at_ms bigint not null,
    primary key (environment, service, kind)
  )`,
);
