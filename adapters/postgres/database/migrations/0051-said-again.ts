// What people say of a plan or an effect. Somebody whose vote does not count any more may vote again: in a later round, with
// another key or in another role. A question that is asked afresh counts no vote from before it. What a person found out about an
// effect is told to its incident, so that it is an event there.

import { statements } from './run.ts';

export const saidAgain = statements(
  'alter table approval_requests add column counts_from_ms bigint not null default 0',
  'alter table approvals add column round integer not null default 1 check (round >= 1)',
  'alter table approvals drop constraint approvals_incident_id_plan_hash_actor_key',
  `alter table approvals add constraint approvals_once
    unique (incident_id, plan_hash, round, actor, key_id, role)`,
  `create table effect_settlements (
    intent_id text primary key references intents,
    incident_id text not null,
    happened boolean not null,
    actor text not null,
    reason text not null,
    at_ms bigint not null,
    delivered_at_ms bigint
  )`,
  'create index effect_settlements_untold on effect_settlements (at_ms) where delivered_at_ms is null',
);
