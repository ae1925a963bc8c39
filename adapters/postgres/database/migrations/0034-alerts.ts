// Alerts and their occurrences; incidents that were handed to a person and are not over; which series an anomaly shows.

import { statements } from './run.ts';

export const alerts = statements(
  `create table alerts (
    key text primary key,
    occurrence integer not null check (occurrence >= 1),
    state text not null check (state in ('firing', 'resolved')),
    fired boolean not null,
    starts_at_ms bigint,
    ends_at_ms bigint,
    changed_at_ms bigint not null,
    stream text,
    position bigint,
    anomaly_id text not null,
    anomaly json not null
  )`,
  `create index alerts_firing on alerts (anomaly_id) where state = 'firing'`,
  `create index alerts_resolved on alerts (changed_at_ms) where state = 'resolved'`,
  'alter table episodes add column handed_over_at_ms bigint',
  // What a person has in hand does not keep the next trouble of the service from an incident of its own.
  'drop index episodes_one_open',
  `create unique index episodes_one_open on episodes (fingerprint)
    where closed_at_ms is null and handed_over_at_ms is null`,
  'alter table anomaly_assignments add column series_key text',
  `create index anomaly_assignments_by_series on anomaly_assignments (series_key, assigned_at_ms)
    where series_key is not null`,
);
