// Keys that can only send, keys with an end and a reach, and whom a key counts for. Nobody knows who held the keys that were
// made before; all of them count for the owner, as one person: a quorum is never larger than what can be proven.

import { statements } from './run.ts';

export const keyLimits = statements(
  'alter table api_keys drop constraint api_keys_role_check',
  `alter table api_keys add constraint api_keys_role_check
    check (role in ('ingest', 'viewer', 'operator', 'admin'))`,
  `alter table api_keys add column person text not null default 'owner'`,
  'alter table api_keys alter column person drop default',
  'alter table api_keys add column reach json',
  'alter table api_keys add column expires_at_ms bigint',
  'alter table api_keys add column last_used_at_ms bigint',
);
