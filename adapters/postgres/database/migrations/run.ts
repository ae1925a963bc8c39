// Migrations are plain SQL, one statement after the other: what a database administrator reads is what runs.

import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export function statements(...all: readonly string[]): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of all) await sql.raw(statement).execute(db);
    },
  };
}
