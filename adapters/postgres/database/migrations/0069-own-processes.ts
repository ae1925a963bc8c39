// Where the processes of this installation run, so that none of them acts on another.

import { statements } from './run.ts';

export const ownProcesses = statements(
  `create table own_processes (
    process_id text primary key,
    role text not null,
    parts json not null,
    at_ms bigint not null
  )`,
);
