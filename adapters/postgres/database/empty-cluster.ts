// A new embedded database is made by initdb, which takes seconds of processor time in WebAssembly. What it makes is the same
// every time, so it is kept in the cache of this machine, and the next new database begins as a copy of it.

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

/**
 * A running cluster without tables, in memory or in the empty folder `dataDir`. Nothing of it is flushed. Without `cacheDir`, or
 * when what is kept there cannot be used, initdb makes it.
 */
export async function startEmptyCluster(dataDir: string | undefined, cacheDir?: string): Promise<PGlite> {
  const where = dataDir === undefined ? {} : { dataDir };
  if (cacheDir === undefined) return PGlite.create(where);
  const file = path.join(cacheDir, `empty-cluster-${await packageVersion()}.tar.gz`);
  const kept = await read(file);
  if (kept !== null) return PGlite.create({ ...where, loadDataDir: kept });
  const pglite = await PGlite.create(where);
  const cluster = await pglite.dumpDataDir('none');
  // Without it, as on a disk that takes nothing, the next new database takes its seconds again.
  await keep(file, cluster).catch(() => {});
  return pglite;
}

/** Null when there is none, or not a whole one: gzip carries a checksum and the length. */
async function read(file: string): Promise<Blob | null> {
  try {
    return new Blob([await promisify(gunzip)(await readFile(file))]);
  } catch {
    return null;
  }
}

/** Whoever reads meanwhile finds all of it or nothing. */
async function keep(file: string, cluster: Blob): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const packed = await promisify(gzip)(await cluster.bytes(), { level: 1 });
  const written = path.join(path.dirname(file), `.${randomUUID()}`);
  await writeFile(written, packed);
  await rename(written, file);
}

/** Another version may be another Postgres. */
async function packageVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const text = await readFile(path.join(path.dirname(entry), '..', 'package.json'), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}
