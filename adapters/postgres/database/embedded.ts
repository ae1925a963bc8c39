// PGlite: Postgres inside this process, in memory or in a folder. It has one connection; Kysely queues transactions on
// it, so everything here runs one after the other and the SQL can be the same as on a server. In a folder it is durable.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Extensions, PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { FilledMemory } from './cluster-files.ts';
import type { Connection } from './connection.ts';
import { lockDirectory } from './directory-lock.ts';
import { DurableFolder, durableStart, flush, flushFolder } from './durable-folder.ts';
import { DatabaseError, errorText } from './errors.ts';
import { makeClusterFolder, newClusterFiles } from './kept-cluster.ts';
import { migrate } from './migrate.ts';
import type { Schema } from './schema.ts';

/**
 * `dataDir` null: in memory. `cacheDir`: where what a new database begins with is kept for the next one. Throws DatabaseError
 * when another process has the folder, or it cannot be used.
 */
export async function openEmbedded(
  dataDir: string | null,
  { cacheDir, vectors = false }: { readonly cacheDir?: string; readonly vectors?: boolean } = {},
): Promise<Connection> {
  const extensions = vectors ? await vectorExtension() : {};
  if (dataDir === null) {
    const db = await start(() => openMemory(extensions, cacheDir), 'memory');
    return { db, location: 'memory', release: () => db.destroy() };
  }
  const location = path.resolve(dataDir);
  await mkdir(location, { recursive: true }).catch((cause) => {
    throw unusable(location, cause);
  });
  const unlock = await lockDirectory(location);
  try {
    const db = await start(() => openFolder(path.join(location, 'pgdata'), extensions, cacheDir), location);
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

async function start(open: () => Promise<PGlite>, location: string): Promise<Kysely<Schema>> {
  try {
    const db = overPGlite(await open());
    // Kysely closes PGlite only once it has been used.
    await db.connection().execute(async () => {});
    return db;
  } catch (cause) {
    throw cause instanceof DatabaseError ? cause : unusable(location, cause);
  }
}

const overPGlite = (pglite: PGlite) => new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
const migrated = (pglite: PGlite) => migrate(overPGlite(pglite), 'a new database');

/** Unpacked into the engine when it starts: only for whoever asks for it. */
async function vectorExtension(): Promise<Extensions> {
  const { vector } = await import('@electric-sql/pglite-pgvector');
  return { vector };
}

async function openMemory(extensions: Extensions, cacheDir?: string): Promise<PGlite> {
  if (cacheDir === undefined) return PGlite.create({ extensions });
  return PGlite.create({ fs: new FilledMemory(await newClusterFiles(cacheDir, migrated)), extensions });
}

async function openFolder(folder: string, extensions: Extensions, cacheDir?: string): Promise<PGlite> {
  if (!existsSync(path.join(folder, 'PG_VERSION'))) await makeFolder(folder, cacheDir);
  return PGlite.create({ fs: new DurableFolder(folder), startParams: durableStart, extensions });
}

/** Takes its name only once all of it is on the disk: what a process that died left half-made is made again. */
async function makeFolder(folder: string, cacheDir?: string): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await makeClusterFolder(unfinished, cacheDir, migrated);
  flushFolder(unfinished);
  await rename(unfinished, folder);
  flush(path.dirname(folder));
}

function unusable(location: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'data-dir-unusable',
    `The embedded database cannot be opened in ${location} (${errorText(cause)}). Check permissions and free space.`,
    { cause },
  );
}
