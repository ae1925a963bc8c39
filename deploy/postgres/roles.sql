-- Two roles for Sentinel on a Postgres server. Optional: one role works as well, and the trigger on the audit trail holds
-- for everybody; with two, the role that the processes use could not even try, and cannot switch the trigger off.
--
--   owner   whoever runs this file: owns the schema, and migrates it (start Sentinel once with this role after an update)
--   app     sentinel_app: what the processes connect as (give it a password, or your server's own authentication)
--
-- Run it in Sentinel's database after the first migration, and again after every update. It may be run any number of times.

do $$
begin
  if not exists (select from pg_roles where rolname = 'sentinel_app') then
    create role sentinel_app login nosuperuser nocreatedb nocreaterole noreplication;
  end if;
end $$;

revoke create on schema public from public;
revoke all on all tables in schema public from sentinel_app;
grant usage on schema public to sentinel_app;

-- Ordinary tables: work that is done is cleaned up.
grant select, insert, update, delete on all tables in schema public to sentinel_app;

-- Added and brought along, never removed. (Postgres asks for the right to update of whoever locks a row, too.)
revoke delete on
  incidents, plans, diagnoses, postmortems, approval_requests, approvals, intents, fences, breaker, breakers, kill_switch,
  episodes, api_keys, model_turns, incident_stops, effect_settlements,
  rollback_requests, rollback_votes, rollback_news
  from sentinel_app;

-- Append-only: what happened stays. Number, moment and digest of an audit entry are the database's own (sentinel_stamp_audit).
revoke update, delete on audit, incident_events, evidence from sentinel_app;

-- Only the database links the audit (sentinel_seal_audit), and only the owner migrates.
revoke insert, update, delete on audit_chain, audit_pending, sentinel_migration, sentinel_migration_lock from sentinel_app;
