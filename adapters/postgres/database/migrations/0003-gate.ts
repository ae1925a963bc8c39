// Everything the gate decides by: approvals, intents, leases and fences, breaker, kill switch; and the API keys.
// The indexes and the trigger repeat rules that the gate checks itself, so that a mistake there is an error, not an effect.

import { statements } from './run.ts';

export const gate = statements(
  `create table approval_requests (
    seq bigint generated always as identity,
    incident_id text not null,
    plan_hash text not null,
    role text not null,
    quorum integer not null check (quorum >= 1),
    requested_at_ms bigint not null,
    deadline_ms bigint not null,
    resolution text check (resolution in ('granted', 'rejected')),
    primary key (incident_id, plan_hash)
  )`,
  'create index approval_requests_open on approval_requests (requested_at_ms) where resolution is null',
  `create table approvals (
    seq bigint generated always as identity,
    id text primary key,
    incident_id text not null,
    plan_hash text not null,
    actor text not null,
    key_id text not null,
    role text not null,
    decision text not null check (decision in ('approve', 'reject')),
    reason text not null,
    decided_at_ms bigint not null,
    delivered_at_ms bigint,
    unique (incident_id, plan_hash, actor),
    foreign key (incident_id, plan_hash) references approval_requests
  )`,
  'create index approvals_undelivered on approvals (seq) where delivered_at_ms is null',

  `create table intents (
    id text primary key,
    incident_id text not null,
    plan_hash text not null references plans,
    step integer not null check (step >= 0),
    direction text not null check (direction in ('forward', 'compensation')),
    environment text not null,
    target_key text not null,
    step_key text not null,
    fence bigint not null,
    body json not null,
    status text not null check (status in ('written', 'sent', 'applied', 'failed')),
    result text,
    written_at_ms bigint not null,
    sent_at_ms bigint,
    updated_at_ms bigint not null,
    unique (incident_id, plan_hash, step, direction)
  )`,
  `create unique index intents_once on intents (incident_id, step_key) where direction = 'forward'`,
  `create index intents_by_environment on intents (environment, written_at_ms) where direction = 'forward'`,
  `create index intents_by_target on intents (target_key, written_at_ms) where direction = 'forward'`,
  `create function sentinel_guard_intent() returns trigger language plpgsql as $$
  begin
    if tg_op = 'DELETE' then
      raise exception 'an intent is never deleted' using errcode = 'integrity_constraint_violation';
    end if;
    if old.status in ('applied', 'failed') then
      raise exception 'intent % is already %', old.id, old.status using errcode = 'integrity_constraint_violation';
    end if;
    if (new.id, new.incident_id, new.plan_hash, new.step, new.direction, new.target_key, new.body::text)
      is distinct from
      (old.id, old.incident_id, old.plan_hash, old.step, old.direction, old.target_key, old.body::text)
      or (old.status <> 'written' and (new.status = 'written' or new.fence <> old.fence)) then
      raise exception 'intent % cannot be rewritten', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end $$`,
  `create trigger intents_guard before update or delete on intents
    for each row execute function sentinel_guard_intent()`,

  `create table leases (
    target_key text primary key,
    incident_id text not null,
    fence bigint not null,
    expires_at_ms bigint not null
  )`,
  'create index leases_by_incident on leases (incident_id)',
  'create table fences (target_key text primary key, last_fence bigint not null)',
  `create table breaker (
    environment text primary key,
    failures_in_a_row integer not null,
    last_failure_ms bigint not null
  )`,
  `create table kill_switch (
    environment text primary key,
    engaged boolean not null,
    by_actor text not null,
    reason text not null,
    at_ms bigint not null
  )`,

  `create table api_keys (
    key_id text primary key,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    hash bytea not null,
    created_at_ms bigint not null,
    created_by text not null,
    revoked_at_ms bigint,
    revoked_by text
  )`,
);
