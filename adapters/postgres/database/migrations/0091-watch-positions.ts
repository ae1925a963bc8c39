// How far each watched system has been read. Without it, what is written while Sentinel restarts would be missed or told twice.

import { statements } from './run.ts';

export const watchPositions = statements(
  `create table watch_positions (
    name text not null,
    environment text not null,
    position text not null,
    saved_at_ms bigint not null,
    primary key (name, environment)
  )`,
);
