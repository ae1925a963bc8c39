// The table of vectors: made only where a memory is asked for, because it needs the extension pgvector. A server may not have it, or may
// not let us add it; then there is no memory, and everything else is as it was.

import { type Kysely, sql } from 'kysely';
import { errorText } from './errors.ts';
import type { Schema } from './schema.ts';

const table = 'incident_memory';

const making = [
  'create extension if not exists vector',
  `create table if not exists ${table} (
    space text not null,
    incident_id text not null,
    environment text not null,
    service text not null,
    opened_at_ms bigint not null,
    ended boolean not null,
    body json not null,
    vector vector not null,
    primary key (space, incident_id)
  )`,
  // Beside the rest of its row: fetched from elsewhere, a vector costs more than its comparison.
  `alter table ${table} alter column vector set storage main`,
  `create index if not exists ${table}_by_time on ${table} (space, environment, opened_at_ms)`,
] as const;

/** Null when vectors can be kept; otherwise why not, and what to do, for people. Makes the table when it may. */
export async function vectorProblem(db: Kysely<Schema>): Promise<string | null> {
  try {
    if (await isThere(db)) return null;
    for (const statement of making) await sql.raw(statement).execute(db);
    return null;
  } catch (error) {
    // Another process may have made it at the same moment.
    if (await isThere(db).catch(() => false)) return null;
    return `the extension pgvector cannot be used in this database (${errorText(error)}). Install it, let a superuser run "create extension vector", and start Sentinel once with the role that owns the schema`;
  }
}

/** The same without changing anything. */
export async function vectorProblemSeen(db: Kysely<Schema>): Promise<string | null> {
  if (await isThere(db)) return null;
  const { rows } = await sql<{ installed: boolean }>`
    select installed_version is not null as installed from pg_available_extensions where name = 'vector'`.execute(
    db,
  );
  const [extension] = rows;
  if (extension === undefined) return 'the server does not have the extension pgvector';
  return null;
}

async function isThere(db: Kysely<Schema>): Promise<boolean> {
  const { rows } = await sql<{ found: string | null }>`select to_regclass(${table})::text as found`.execute(
    db,
  );
  return rows[0]?.found != null;
}
