// A new embedded database is made by initdb and our migrations, which takes seconds of processor time in WebAssembly. What they
// make is the same every time, so it is kept in the cache of this machine, and the next new database begins as a copy of it.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { gunzip, gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { type ClusterFiles, filesIn, writeFiles } from './cluster-files.ts';

/** Brings the schema of a new cluster to the version of this code. */
type Migrate = (pglite: PGlite) => Promise<void>;

/** A cluster without data, shut down, in the folder, which does not exist yet. Nothing of it is flushed. */
export async function makeClusterFolder(
  folder: string,
  cacheDir: string | undefined,
  migrate: Migrate,
): Promise<void> {
  if (cacheDir === undefined) return makeCluster(folder, migrate);
  const file = await fileIn(cacheDir);
  const kept = await read(file);
  if (kept !== null) return writeFiles(folder, kept);
  await makeCluster(folder, migrate);
  await keep(file, await filesIn(folder));
}

/** The files of a cluster without data, shut down. When what is kept cannot be used it is made anew, and kept. */
export async function newClusterFiles(cacheDir: string, migrate: Migrate): Promise<ClusterFiles> {
  const file = await fileIn(cacheDir);
  const kept = await read(file);
  if (kept !== null) return kept;
  const scratch = await mkdtemp(path.join(tmpdir(), 'sentinel-new-database-'));
  try {
    const folder = path.join(scratch, 'pgdata');
    await makeCluster(folder, migrate);
    const files = await filesIn(folder);
    await keep(file, files);
    return files;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Without the databases that others are made from: of a cluster's files they are one half, and here is only ever one database. */
async function makeCluster(folder: string, migrate: Migrate): Promise<void> {
  const pglite = await PGlite.create({ dataDir: folder });
  await migrate(pglite);
  await pglite.exec('update pg_database set datistemplate = false');
  for (const template of ['template0', 'template1']) await pglite.exec(`drop database ${template}`);
  await pglite.close();
}

async function fileIn(cacheDir: string): Promise<string> {
  return path.join(cacheDir, `new-database-${await hashOfMakers()}.gz`);
}

/** Null when there is none, or not a whole one: gzip carries a checksum and the length. */
async function read(file: string): Promise<ClusterFiles | null> {
  try {
    return deserialize(await promisify(gunzip)(await readFile(file))) as ClusterFiles;
  } catch {
    return null;
  }
}

/**
 * Whoever reads meanwhile finds all of it or nothing. Where it cannot be kept, as on a disk that takes nothing, the next new
 * database takes its seconds again.
 */
async function keep(file: string, files: ClusterFiles): Promise<void> {
  const written = path.join(path.dirname(file), `.${randomUUID()}`);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(written, await promisify(gzip)(serialize(files), { level: 1 }));
    await rename(written, file);
  } catch {
    await rm(written, { force: true }).catch(() => {});
  }
}

/** Over what makes it: another version of the package may be another Postgres, and all of this changes while it is written. */
async function hashOfMakers(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const folder = path.join(import.meta.dirname, 'migrations');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted();
  const files = [
    path.join(path.dirname(entry), '..', 'package.json'),
    import.meta.filename,
    path.join(import.meta.dirname, 'cluster-files.ts'),
    ...names.map((name) => path.join(folder, name)),
  ];
  const hash = createHash('sha256');
  for (const content of await Promise.all(files.map((name) => readFile(name))))
    hash.update(content).update('\n');
  return hash.digest('hex').slice(0, 32);
}
