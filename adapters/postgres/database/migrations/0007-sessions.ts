// Sessions of people in a browser. A session is a key's shadow: it knows only which key opened it, and says nothing
// about what that key may do or whether it still may.

import { statements } from './run.ts';

export const sessions = statements(
  `create table sessions (
    token_hash bytea primary key,
    key_id text not null references api_keys,
    created_at_ms bigint not null,
    last_seen_at_ms bigint not null,
    expires_at_ms bigint not null
  )`,
  'create index sessions_by_expiry on sessions (expires_at_ms)',
);
