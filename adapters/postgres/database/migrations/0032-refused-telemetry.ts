// Telemetry that has no effect, added up per service and reason: senders hear of it, and whoever looks for it finds it.

import { statements } from './run.ts';

export const refusedTelemetry = statements(
  `create table refused_telemetry (
    environment text not null,
    service text not null,
    signal text not null,
    reason text not null,
    records bigint not null,
    example text not null,
    first_at_ms bigint not null,
    last_at_ms bigint not null,
    primary key (environment, service, signal, reason)
  )`,
  'create index refused_telemetry_by_service on refused_telemetry (service, last_at_ms)',
  'create index refused_telemetry_by_time on refused_telemetry (last_at_ms)',
);
