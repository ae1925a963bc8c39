// Rollbacks that people ask for: who asked for which effect and why, what came of it, and what its incident has to be told. An
// effect may be undone more than once in vain: each request has an intent of its own.

import { statements } from './run.ts';

export const rollbacks = statements(
  'alter table intents add column rollback text',
  'alter table intents drop constraint intents_incident_id_plan_hash_step_direction_key',
  `create unique index intents_one_each
    on intents (incident_id, plan_hash, step, direction, coalesce(rollback, ''))`,
  `create table rollback_requests (
    id text primary key,
    intent_id text not null references intents,
    incident_id text not null,
    quorum integer not null check (quorum >= 1),
    asked_at_ms bigint not null,
    expires_at_ms bigint not null,
    started_at_ms bigint,
    ended_at_ms bigint,
    outcome text check (outcome in ('undone', 'not-needed', 'refused', 'failed', 'uncertain', 'expired')),
    reason text,
    check ((ended_at_ms is null) = (outcome is null))
  )`,
  'create unique index rollback_requests_open on rollback_requests (intent_id) where ended_at_ms is null',
  'create index rollback_requests_of on rollback_requests (incident_id)',
  `create table rollback_votes (
    request_id text not null references rollback_requests,
    actor text not null,
    key_id text not null,
    reason text not null,
    at_ms bigint not null,
    primary key (request_id, key_id)
  )`,
  `create table rollback_news (
    seq bigint generated always as identity,
    id text primary key,
    incident_id text not null,
    body json not null,
    delivered_at_ms bigint
  )`,
  'create index rollback_news_untold on rollback_news (seq) where delivered_at_ms is null',
);
