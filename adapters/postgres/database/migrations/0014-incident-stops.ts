// What people asked of incidents as a whole: taking over, aborting. Written before any workflow is told, so that the gate
// obeys it whatever becomes of the message.

import { statements } from './run.ts';

export const incidentStops = statements(
  `create table incident_stops (
    incident_id text primary key,
    kind text not null check (kind in ('take-over', 'abort')),
    actor text not null,
    key_id text not null,
    reason text not null,
    at_ms bigint not null,
    delivered_at_ms bigint
  )`,
  'create index incident_stops_undelivered on incident_stops (at_ms) where delivered_at_ms is null',
);
