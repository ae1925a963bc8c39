// Brings the schema to the version of this code. Kysely holds an advisory lock meanwhile, so processes that start at
// the same time wait for each other; a database that a newer Sentinel has migrated is refused, never guessed at.

import { type Kysely, sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { DatabaseError, errorText } from './errors.ts';
import { migrations } from './migrations/index.ts';
import type { Schema } from './schema.ts';

const table = 'sentinel_migration';
const lockTable = 'sentinel_migration_lock';

/** Throws DatabaseError `schema-too-new` or `migration-failed`. Does nothing (no DDL either) when all is applied. */
export async function migrate(db: Kysely<Schema>, location: string): Promise<void> {
  const known = Object.keys(migrations);
  const applied = await appliedMigrations(db);
  const unknown = applied.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new DatabaseError(
      'schema-too-new',
      `The database at ${location} was migrated by a newer Sentinel (${unknown.join(', ')}). Start that version or later.`,
    );
  }
  // An application role without the right to create tables gets past here once the owner has migrated.
  if (applied.length === known.length) return;
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: lockTable,
    // Numbers are given out before the work is done: a lower one may arrive later.
    allowUnorderedMigrations: true,
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed =
    results?.find((result) => result.status === 'Error')?.migrationName ?? 'before the first migration';
  throw new DatabaseError(
    'migration-failed',
    `The schema of the database at ${location} could not be migrated (${failed}): ${errorText(error)}`,
    { cause: error },
  );
}

async function appliedMigrations(db: Kysely<Schema>): Promise<readonly string[]> {
  const { rows } = await sql<{ found: string | null }>`select to_regclass(${table})::text as found`.execute(
    db,
  );
  if (rows[0]?.found == null) return [];
  const applied = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db);
  return applied.rows.map((row) => row.name);
}
