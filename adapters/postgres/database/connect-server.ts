// A Postgres server through the `pg` pool, with the time-outs that keep one stuck process from holding everybody's locks.

import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Connection } from './connection.ts';
import { waitForCommits } from './durability.ts';
import { DatabaseError, errorCode, errorText } from './errors.ts';
import type { Schema } from './schema.ts';

const oldestServerVersion = 140_000;
const int8 = 20;

/** Throws DatabaseError when the server cannot be reached, refuses us, or is too old. */
export async function connectServer(url: string, maxConnections = 10): Promise<Connection> {
  const location = locationOf(url);
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    application_name: 'sentinel',
    connectionTimeoutMillis: 10_000,
    // No statement of ours runs for seconds; one that does is stuck, and the caller retries.
    statement_timeout: 30_000,
    lock_timeout: 15_000,
    // A process that is stopped in the middle of a transaction must not hold the gate's locks.
    idle_in_transaction_session_timeout: 30_000,
    // oxlint-disable-next-line typescript/no-misused-promises -- the pool waits for it before it hands the client out
    onConnect: async (client) => {
      await client.query(waitForCommits);
    },
    types: {
      // Every bigint of the schema is a count or a number of milliseconds: safe as a number, as PGlite gives it.
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
    },
  });
  // A connection that breaks is replaced by the pool, and whoever was using it gets the error of its next statement.
  // Without listeners, one that breaks while idle, or between two statements of a transaction, would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  try {
    await checkVersion(db, location);
  } catch (error) {
    await db.destroy();
    throw error instanceof DatabaseError ? error : unreachable(location, error);
  }
  return { db, location, release: () => db.destroy() };
}

async function checkVersion(db: Kysely<Schema>, location: string): Promise<void> {
  const { rows } = await sql<{ version: number }>`
    select current_setting('server_version_num')::int as version`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version >= oldestServerVersion) return;
  throw new DatabaseError(
    'server-too-old',
    `Postgres at ${location} is version ${Math.floor(version / 10_000)}; Sentinel needs 14 or later. Upgrade the server.`,
  );
}

function unreachable(location: string, cause: unknown): DatabaseError {
  const text = errorText(cause);
  switch (errorCode(cause)) {
    case '28P01':
    case '28000':
      return new DatabaseError(
        'access-denied',
        `Postgres at ${location} refused the login (${text}). Check user and password of the database URL.`,
        { cause },
      );
    case '3D000':
      return new DatabaseError(
        'no-such-database',
        `Postgres at ${location} has no such database (${text}). Create it, or correct the name in the database URL.`,
        { cause },
      );
    default:
      return new DatabaseError(
        'unreachable',
        `Postgres at ${location} cannot be reached (${text}). Check that it runs and that the database URL is right.`,
        { cause },
      );
  }
}

/** `host:port/database` of a URL, never its credentials. */
function locationOf(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url);
    const host = hostname || searchParams.get('host') || 'localhost';
    return `${host}:${port || '5432'}${pathname}`;
  } catch (cause) {
    throw new DatabaseError(
      'unreachable',
      'The database URL is not a URL; it looks like postgres://user:password@host:5432/database.',
      { cause },
    );
  }
}
