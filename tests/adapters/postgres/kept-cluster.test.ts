// A new embedded database begins as a copy of what initdb and the migrations made once; without a good copy it is made.

import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStores, type Database, openDatabase } from '../../../adapters/postgres/index.ts';
import { testLimits } from '../../support/stores.ts';
import { person } from './fixtures.ts';

let folder: string;
let cacheDir: string;
/** Of the first cluster, which the first test makes and the second finds kept. */
let first: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sentinel-cluster-'));
  cacheDir = path.join(folder, 'cache');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** initdb gives every cluster another one. */
async function identityOf(database: Database): Promise<string> {
  const { rows } = await sql<{ identity: string }>`
    select system_identifier::text as identity from pg_control_system()`.execute(database.db);
  return rows[0]?.identity ?? 'none';
}

/** Those that others are made from would be one half of all files. */
async function databasesOf(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ datname: string }>`select datname from pg_database`.execute(database.db);
  return rows.map(({ datname }) => datname);
}

async function identityOfNew(cache: string): Promise<string> {
  const database = await openDatabase({ memory: true, cacheDir: cache });
  try {
    return await identityOf(database);
  } finally {
    await database.close();
  }
}

test('initdb runs once: the next ones, in memory and in a folder, are copies that are migrated and durable', async () => {
  first = await identityOfNew(cacheDir);
  const kept = await readdir(cacheDir);
  expect(kept).toEqual([expect.stringMatching(/^new-database-[0-9a-f]{32}\.gz$/)]);
  expect(await identityOfNew(cacheDir)).toBe(first);

  const dataDir = path.join(folder, 'copied');
  await mkdir(path.join(dataDir, 'pgdata.unfinished', 'base'), { recursive: true });
  await writeFile(path.join(dataDir, 'pgdata.unfinished', 'PG_VERSION'), 'of a process that died');
  const copied = await openDatabase({ dataDir, cacheDir });
  expect(await identityOf(copied)).toBe(first);
  expect(await copied.durabilityProblems()).toEqual([]);
  expect(await databasesOf(copied)).toEqual(['postgres']);
  const modeOf = async (name: string): Promise<number> =>
    (await stat(path.join(dataDir, 'pgdata', name))).mode & 0o777;
  expect([await modeOf('.'), await modeOf('base'), await modeOf('PG_VERSION')]).toEqual([
    0o700, 0o700, 0o600,
  ]);
  const keysOf = (database: Database) => createStores(database, { limits: testLimits }).apiKeys;
  await keysOf(copied).create({ name: 'ci', role: 'viewer' }, person('ada', 'admin'));
  await copied.close();
  expect((await readdir(dataDir)).toSorted()).toEqual(['lock-1', 'pgdata']);
  const again = await openDatabase({ dataDir, cacheDir });
  expect(await keysOf(again).list()).toHaveLength(1);
  await again.close();

  // Nobody's data is in what the next one begins with.
  expect(await readdir(cacheDir)).toEqual(kept);
  const next = await openDatabase({ memory: true, cacheDir });
  expect(await keysOf(next).list()).toEqual([]);
  expect(await databasesOf(next)).toEqual(['postgres']);
  await next.close();
});

test('what was kept and is not whole is made, and kept, again', async () => {
  const [name = ''] = await readdir(cacheDir);
  const whole = await readFile(path.join(cacheDir, name));
  await writeFile(path.join(cacheDir, name), whole.subarray(0, whole.length / 2));
  const second = await identityOfNew(cacheDir);
  expect(second).not.toBe(first);
  expect(await identityOfNew(cacheDir)).toBe(second);
});

test('a cache that cannot be written costs time, and nothing else', async () => {
  const file = path.join(folder, 'a-file');
  await writeFile(file, '');
  expect(await identityOfNew(path.join(file, 'cache'))).toMatch(/^\d+$/);
});
