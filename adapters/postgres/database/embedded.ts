// PGlite: Postgres inside this process, in memory or in a folder. It has one connection; Kysely queues transactions on
// it, so everything here runs one after the other and the SQL can be the same as on a server. In a folder it is durable.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import type { Connection } from './connection.ts';
import { lockDirectory } from './directory-lock.ts';
import { DurableFolder, durableStart, flushFolder } from './durable-folder.ts';
import { DatabaseError, errorText } from './errors.ts';
import type { Schema } from './schema.ts';

/** `dataDir` null: in memory. Throws DatabaseError when another process has the folder, or it cannot be used. */
export async function openEmbedded(dataDir: string | null): Promise<Connection> {
  if (dataDir === null) {
    const db = await start(undefined, 'memory');
    return { db, location: 'memory', release: () => db.destroy() };
  }
  const location = path.resolve(dataDir);
  await mkdir(location, { recursive: true }).catch((cause) => {
    throw unusable(location, cause);
  });
  const unlock = await lockDirectory(location);
  try {
    const db = await start(path.join(location, 'pgdata'), location);
    const release = async (): Promise<void> => {
      await db.destroy();
      await unlock();
    };
    return { db, location, release };
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function start(folder: string | undefined, location: string): Promise<Kysely<Schema>> {
  try {
    const pglite = await (folder === undefined ? PGlite.create() : openFolder(folder));
    const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
    // Kysely closes PGlite only once it has been used.
    await db.connection().execute(async () => {});
    return db;
  } catch (cause) {
    throw unusable(location, cause);
  }
}

async function openFolder(folder: string): Promise<PGlite> {
  const isNew = !existsSync(path.join(folder, 'PG_VERSION'));
  const pglite = await PGlite.create({ fs: new DurableFolder(folder), startParams: durableStart });
  // A new database is made by initdb, which flushes nothing here.
  if (isNew) flushFolder(path.dirname(folder));
  return pglite;
}

function unusable(location: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'data-dir-unusable',
    `The embedded database cannot be opened in ${location} (${errorText(cause)}). Check permissions and free space.`,
    { cause },
  );
}
