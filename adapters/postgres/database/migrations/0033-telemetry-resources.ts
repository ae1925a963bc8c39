// What is known of a running instance beyond its name: its pod, node, task, image. Whoever has to find it again (a target of an
// action, a page) looks here.

import { statements } from './run.ts';

export const telemetryResources = statements(
  `create table telemetry_resources (
    environment text not null,
    service text not null,
    resource_id text not null,
    attributes json not null,
    seen_at_ms bigint not null,
    primary key (environment, service, resource_id)
  )`,
  'create index telemetry_resources_by_time on telemetry_resources (seen_at_ms)',
);
