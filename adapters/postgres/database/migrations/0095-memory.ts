// What the memory of incidents goes by: vectors of texts that were asked for before, and which ended incidents are in which memory.
// The memory itself needs an extension that not every server has; its table is made where it is used (../vectors.ts).

import { statements } from './run.ts';

export const memory = statements(
  `create table embeddings (
    space text not null,
    digest text not null,
    vector real[] not null,
    used_at_ms bigint not null,
    primary key (space, digest)
  )`,
  'create index embeddings_by_use on embeddings (used_at_ms)',
  `create table remembered_incidents (
    memory text not null,
    incident_id text not null references incidents (id),
    remembered_at_ms bigint not null,
    primary key (memory, incident_id)
  )`,
);
