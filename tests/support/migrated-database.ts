/** A Postgres database with Sentinel's schema: migrations run once per test run, every further database is a copy. */
import pg from 'pg';
import { openDatabase } from '../../adapters/postgres/index.ts';
import { component } from './component.ts';
import type { PostgresInfo } from './components/postgres.ts';
import { type Database, freshDatabase } from './postgres.ts';

const template = 'sentinel_migrated';
const unfinished = `${template}_unfinished`;
/** Of all test processes one migrates, and the others wait for it. Any number that nobody else of this server uses. */
const lock = 7_364_756;

export async function migratedDatabase(): Promise<Database> {
  const { serverUrl } = await component<PostgresInfo>('postgres');
  const client = new pg.Client({ connectionString: `${serverUrl}/postgres` });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount === 0) {
      await client.query(`drop database if exists ${unfinished} with (force)`); // of a process that died
      await client.query(`create database ${unfinished}`);
      await (await openDatabase({ url: `${serverUrl}/${unfinished}`, maxConnections: 1 })).close();
      await client.query(`alter database ${unfinished} rename to ${template}`);
    }
  } finally {
    await client.end(); // and the lock with it
  }
  return freshDatabase(template);
}
