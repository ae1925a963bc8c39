/** Real Postgres for tests: one cluster per run, a fresh database per use. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { component, describeWith } from './component.ts';
import type { PostgresInfo } from './components/postgres.ts';

export interface Database {
  /** Connection string of its superuser. */
  readonly url: string;
  drop(): Promise<void>;
}

/** A database of its own: empty, or a copy of this one, to which nobody may be connected. */
export async function freshDatabase(template = 'template1'): Promise<Database> {
  const { serverUrl } = await component<PostgresInfo>('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: `${serverUrl}/${name}`,
    drop: () => administer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** `describe` on a database of its own; `url()` may be called inside tests and hooks. Await it at the top level. */
export function describeWithPostgres(
  title: string,
  tests: (url: () => string) => void,
  make: () => Promise<Database> = freshDatabase,
): Promise<void> {
  return describeWith<PostgresInfo>('postgres', title, () => {
    let database: Database | undefined;
    beforeAll(async () => {
      database = await make();
    });
    afterAll(async () => {
      await database?.drop();
    });
    tests(() => {
      if (database === undefined) throw new Error('the database is there only inside tests and hooks');
      return database.url;
    });
  });
}

async function administer(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${serverUrl}/postgres` });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
