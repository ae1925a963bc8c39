// The audit trail: who did what, when and why. Rows are added and never changed. The trigger says no to everybody, the
// owner of the table included, in every replication mode; deploy/postgres/roles.sql takes the right away as well.

import { statements } from './run.ts';

export const audit = statements(
  `create table audit (
    seq bigint generated always as identity primary key,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    reason text not null,
    plan_hash text,
    canonical bytea not null,
    digest text not null
  )`,
  'create index audit_by_actor on audit (actor, seq)',
  'create index audit_by_action on audit (action, seq)',
  'create index audit_by_subject on audit (subject, seq)',
  'create index audit_by_time on audit (at_ms, seq)',
  `create function sentinel_refuse_audit_change() returns trigger language plpgsql as $$
  begin
    raise exception 'the audit trail is append-only: % refused', tg_op using errcode = 'insufficient_privilege';
  end $$`,
  // For each statement: an UPDATE that matches no row is refused as well, and TRUNCATE has no rows.
  `create trigger audit_append_only before update or delete or truncate on audit
    for each statement execute function sentinel_refuse_audit_change()`,
  'alter table audit enable always trigger audit_append_only',
);
