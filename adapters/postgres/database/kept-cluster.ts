// A new embedded database is made by initdb and our migrations, which takes seconds of processor time in WebAssembly. What they
// make is the same every time, so it is kept in the cache of this machine, and the next new database begins as a copy of it.

import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

/**
 * A running cluster without data, in memory or in the empty folder `dataDir`. Nothing of it is flushed. With `cacheDir` it has the
 * schema that `migrate` makes; when what is kept there cannot be used it is made anew, and kept.
 */
export async function startNewCluster(
  dataDir: string | undefined,
  cacheDir: string | undefined,
  migrate: (pglite: PGlite) => Promise<void>,
): Promise<PGlite> {
  const where = dataDir === undefined ? {} : { dataDir };
  if (cacheDir === undefined) return PGlite.create(where);
  const file = path.join(cacheDir, `new-database-${await hashOfMakers()}.tar.gz`);
  const kept = await read(file);
  if (kept !== null) return PGlite.create({ ...where, loadDataDir: kept });
  const pglite = await PGlite.create(where);
  await migrate(pglite);
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

/** Over what makes it: another version of the package may be another Postgres, and migrations are changed while they are written. */
async function hashOfMakers(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const folder = path.join(import.meta.dirname, 'migrations');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).toSorted();
  const files = [
    path.join(path.dirname(entry), '..', 'package.json'),
    ...names.map((name) => path.join(folder, name)),
  ];
  const hash = createHash('sha256');
  for (const content of await Promise.all(files.map((name) => readFile(name))))
    hash.update(content).update('\n');
  return hash.digest('hex').slice(0, 32);
}
