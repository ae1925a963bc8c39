// What the processes may do with the tables, as a role: work, but not change what happened. On a server people run
// deploy/postgres/roles.sql, which says the same (a test compares them) and connect as that role. The embedded database takes the
// role by itself once its schema is there: a statement that should never have been sent is refused there, too. It is no wall
// against code in this process, which can take the owner's role back.

import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';

/** In their order; may be run any number of times by the owner. */
export const applicationRole = [
  `do $$
begin
  if not exists (select from pg_roles where rolname = 'sentinel_app') then
    create role sentinel_app login nosuperuser nocreatedb nocreaterole noreplication;
  end if;
end $$`,
  'revoke create on schema public from public',
  'revoke all on all tables in schema public from sentinel_app',
  'grant usage on schema public to sentinel_app',
  'grant select, insert, update, delete on all tables in schema public to sentinel_app',
  `revoke delete on
  incidents, plans, diagnoses, postmortems, approval_requests, approvals, intents, fences, breaker, breakers, kill_switch,
  episodes, api_keys, model_turns, incident_stops, effect_settlements,
  rollback_requests, rollback_votes, rollback_news
  from sentinel_app`,
  'revoke update, delete on audit, incident_events, evidence from sentinel_app',
  'revoke insert, update, delete on audit_chain, audit_pending, sentinel_migration, sentinel_migration_lock from sentinel_app',
] as const;

/** From here on this session works as the application; for a database with one session, which is the owner's. */
export async function becomeApplication(db: Kysely<Schema>): Promise<void> {
  for (const statement of applicationRole) await sql.raw(statement).execute(db);
  await sql`set role sentinel_app`.execute(db);
}

/** Whoever owns the audit can switch its triggers off. A sentence that says so; null when this session does not. */
export async function ownershipProblem(db: Kysely<Schema>): Promise<string | null> {
  const { rows } = await sql<{ name: string; superuser: boolean; owns: boolean }>`
    select current_user::text as name, rolsuper as superuser, pg_has_role(current_user, relowner, 'usage') as owns
    from pg_class, pg_roles where pg_class.oid = to_regclass('audit') and rolname = current_user`.execute(db);
  const [row] = rows;
  if (row === undefined || (!row.owns && !row.superuser)) return null;
  const what = row.superuser ? 'is a superuser' : 'owns the audit';
  return `The database role ${row.name} ${what}: whoever has its password can rewrite the audit.`;
}
