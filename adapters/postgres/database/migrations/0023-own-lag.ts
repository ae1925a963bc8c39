// What each process says of its own lag, for the others: the gate must see the lag of ingest, too. Nothing is lost when it is
// gone, so it is not logged.

import { statements } from './run.ts';

export const ownLag = statements(
  `create unlogged table own_lag (
    process_id text primary key,
    role text not null,
    overloads json not null,
    at_ms bigint not null
  )`,
);
