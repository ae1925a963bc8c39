// Keys of agents: each is good for one machine, and for nothing else.

import { statements } from './run.ts';

export const agentKeys = statements(
  'alter table api_keys drop constraint api_keys_role_check',
  `alter table api_keys add constraint api_keys_role_check
    check (role in ('ingest', 'agent', 'viewer', 'operator', 'admin'))`,
  'alter table api_keys add column host text',
  `alter table api_keys add constraint api_keys_host_check check ((role = 'agent') = (host is not null))`,
);
