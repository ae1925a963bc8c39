// What became of each effect, as far as it was found out, and the breakers that follow from it. A breaker that opened for the
// share of what did not help stays open until a person resets it.

import { statements } from './run.ts';

export const effectOutcomes = statements(
  `create table effect_outcomes (
    intent_id text primary key,
    environment text not null,
    service text not null,
    action text not null,
    direction text not null check (direction in ('forward', 'compensation')),
    outcome text not null check (outcome in ('helped', 'did-not-help', 'failed', 'undone')),
    at_ms bigint not null
  )`,
  'create index intents_written on intents (written_at_ms)',
  'create index effect_outcomes_recent on effect_outcomes (environment, at_ms)',
  `create table breakers (
    environment text not null,
    action text not null,
    opened_at_ms bigint not null,
    reason text not null,
    reset_at_ms bigint,
    reset_by text,
    primary key (environment, action)
  )`,
);
