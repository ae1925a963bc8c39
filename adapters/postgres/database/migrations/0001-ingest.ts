// The inbox, the service graph, changes, and the episodes that anomalies are assigned to.

import { statements } from './run.ts';

export const ingest = statements(
  `create table inbox (
    seq bigint generated always as identity primary key,
    id text not null unique,
    kind text not null check (kind in ('anomaly', 'change')),
    ordering_key text not null,
    body json not null,
    status text not null default 'pending' check (status in ('pending', 'done', 'dead')),
    received_at_ms bigint not null,
    available_at_ms bigint not null,
    taken boolean not null default false,
    attempts integer not null default 0,
    lost integer not null default 0,
    reason text,
    finished_at_ms bigint
  )`,
  `create index inbox_pending on inbox (seq) where status = 'pending'`,
  `create index inbox_pending_key on inbox (ordering_key, seq) where status = 'pending'`,
  `create index inbox_finished on inbox (finished_at_ms) where status <> 'pending'`,

  `create table changes (
    id text primary key,
    environment text not null,
    service text not null,
    at_ms bigint not null,
    body json not null
  )`,
  'create index changes_by_time on changes (environment, at_ms)',

  `create table service_edges (
    environment text not null,
    caller text not null,
    callee text not null,
    seen_at_ms bigint not null,
    primary key (environment, caller, callee)
  )`,

  `create table episodes (
    incident_id text primary key,
    fingerprint text not null,
    episode integer not null check (episode >= 1),
    environment text not null,
    scope json not null,
    severity text not null,
    title text not null,
    opened_at_ms bigint not null,
    last_anomaly_ms bigint not null,
    closed_at_ms bigint,
    outcome text,
    unique (fingerprint, episode)
  )`,
  'create unique index episodes_one_open on episodes (fingerprint) where closed_at_ms is null',
  'create index episodes_open on episodes (environment) where closed_at_ms is null',
  'create index episodes_closed on episodes (environment, closed_at_ms) where closed_at_ms is not null',
  `create table episode_services (
    incident_id text not null references episodes,
    service text not null,
    primary key (incident_id, service)
  )`,
  `create table anomaly_assignments (
    anomaly_id text primary key,
    incident_id text not null references episodes,
    assigned_at_ms bigint not null,
    heard boolean not null default false
  )`,
  'create index anomaly_assignments_by_incident on anomaly_assignments (incident_id)',
);
