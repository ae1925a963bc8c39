// What is known of incidents: read model, timeline, evidence, plans, postmortems.

import { statements } from './run.ts';

export const incidents = statements(
  `create table incidents (
    id text primary key,
    environment text not null,
    service text not null,
    title text not null,
    severity text not null,
    status text not null,
    outcome text,
    attempt integer not null,
    plan_hash text,
    opened_at_ms bigint not null,
    updated_at_ms bigint not null,
    closed_at_ms bigint,
    last_seq integer not null,
    state json not null
  )`,
  'create index incidents_newest on incidents (opened_at_ms desc, id desc)',
  `create index incidents_open on incidents (opened_at_ms desc, id desc) where status <> 'closed'`,
  'create index incidents_by_service on incidents (environment, service, opened_at_ms desc)',
  `create table incident_events (
    incident_id text not null references incidents,
    seq integer not null check (seq >= 1),
    at_ms bigint not null,
    type text not null,
    body json not null,
    digest text not null,
    primary key (incident_id, seq)
  )`,
  `create table evidence (
    ref text primary key,
    incident_id text not null,
    attempt integer not null,
    input json not null,
    items json not null,
    saved_at_ms bigint not null,
    unique (incident_id, attempt)
  )`,
  `create table plans (
    seq bigint generated always as identity,
    plan_hash text primary key,
    incident_id text not null,
    attempt integer not null,
    canonical bytea not null,
    verdict json,
    saved_at_ms bigint not null
  )`,
  'create index plans_by_incident on plans (incident_id, attempt)',
  `create table postmortems (
    incident_id text primary key,
    markdown text not null,
    digest text not null,
    saved_at_ms bigint not null
  )`,
);
