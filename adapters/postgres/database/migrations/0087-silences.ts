// What people want to hear nothing of for a while, and what was found meanwhile: it waits for the end of its silence, and is judged
// again then.

import { statements } from './run.ts';

export const silences = statements(
  `create table silences (
    id text primary key,
    version integer not null,
    body json not null,
    source text,
    source_id text,
    created_at_ms bigint not null,
    last_end_ms bigint,
    ended_at_ms bigint
  )`,
  'create unique index silences_of_source on silences (source, source_id) where source is not null and ended_at_ms is null',
  `create table silence_versions (
    id text not null,
    version integer not null,
    body json not null,
    primary key (id, version)
  )`,
  // Another one with every change, so that whoever keeps silences in memory knows when to read them again.
  'create table silence_changes (id integer primary key default 1 check (id = 1), latest text not null)',
  `create table silenced_findings (
    silence_id text not null,
    anomaly_id text not null,
    environment text not null,
    service text not null,
    severity text not null,
    summary text not null,
    body json not null,
    event_id text,
    first_at_ms bigint not null,
    last_at_ms bigint not null,
    due_at_ms bigint,
    primary key (silence_id, anomaly_id)
  )`,
  'create index silenced_findings_due on silenced_findings (due_at_ms) where due_at_ms is not null',
  'create index silenced_findings_waiting on silenced_findings (anomaly_id) where due_at_ms is not null',
  'alter table anomaly_assignments add column finding_labels json',
);
