// What is committed stays: the embedded database flushes its log before a commit is answered, and a server that would not
// says so.

import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { problemsOf } from '../../../adapters/postgres/database/durability.ts';
import { type Database, durabilityOfServer, openDatabase } from '../../../adapters/postgres/index.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { databaseCache } from '../../support/stores.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

async function setting(database: Database, name: string): Promise<string | undefined> {
  const { rows } = await sql<{ value: string }>`select current_setting(${name}) as value`.execute(
    database.db,
  );
  return rows[0]?.value;
}

describe('a database in a folder', { timeout: 240_000 }, () => {
  test('flushes the log before it answers a commit, and all of itself when it is made', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'sentinel-durable-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const flush = fs.fsyncSync;
    const flushed: string[] = [];
    vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
      flushed.push(fs.readlinkSync(`/proc/self/fd/${file}`));
      flush(file);
    });
    const database = await openDatabase({ dataDir, cacheDir: databaseCache });
    onTestFinished(() => database.close());
    const pgdata = path.join(dataDir, 'pgdata');
    // It gets its name when all of it is on the disk.
    const made = `${pgdata}.unfinished`;
    expect(flushed).toEqual(expect.arrayContaining([made, path.join(made, 'PG_VERSION'), dataDir]));
    expect(flushed.indexOf(dataDir)).toBeGreaterThan(flushed.lastIndexOf(made));
    expect(await setting(database, 'fsync')).toBe('on');
    expect(await database.durabilityProblems()).toEqual([]);

    // A table of its own needs the role that the database was made with.
    await sql`reset role`.execute(database.db);
    await sql`create table kept (n integer)`.execute(database.db);
    const inLog = () => flushed.filter((name) => name.startsWith(path.join(pgdata, 'pg_wal'))).length;
    for (const n of [1, 2, 3]) {
      const before = inLog();
      await sql`insert into kept values (${n})`.execute(database.db);
      expect(inLog(), `commit ${n} is in the flushed log`).toBeGreaterThan(before);
    }
    const before = inLog();
    await sql`select count(*) from kept`.execute(database.db);
    expect(inLog(), 'reading flushes nothing').toBe(before);
  });
});

await describeWithPostgres('a server', (url) => {
  test('that would lose commits says so, with what to set', async () => {
    // The server of the tests is made not to flush.
    const problems = await durabilityOfServer(url());
    expect(problems.join(' ')).toContain('fsync is off');
    expect(problems.join(' ')).toContain('full_page_writes is off');
    const database = await openDatabase({ url: url() });
    onTestFinished(() => database.close());
    expect(await database.durabilityProblems()).toEqual(problems);
  });

  test('waits for our commits although its default does not, on every connection; a stronger default stays', async () => {
    const database = await openDatabase({ url: url(), maxConnections: 3 });
    onTestFinished(() => database.close());
    const all = await Promise.all([1, 2, 3].map(() => setting(database, 'synchronous_commit')));
    expect(all).toEqual(['on', 'on', 'on']);
    const stronger = new URL(url());
    stronger.searchParams.set('options', '-c synchronous_commit=remote_apply');
    const strict = await openDatabase({ url: stronger.href });
    onTestFinished(() => strict.close());
    expect(await setting(strict, 'synchronous_commit')).toBe('remote_apply');
  });
});

test.each([
  [{}, []],
  [{ fsync: 'off' }, ['fsync is off']],
  [{ full_page_writes: 'off' }, ['full_page_writes is off']],
  [{ synchronous_commit: 'off' }, ['synchronous_commit is off']],
  [{ standbys: 1 }, ['no standby is synchronous']],
  [{ standbys: 1, standby_names: 'b' }, []],
] as const)('%j: %j', (change, said) => {
  const good = {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    standby_names: '',
    standbys: 0,
  };
  const problems = problemsOf({ ...good, ...change });
  expect(problems).toHaveLength(said.length);
  for (const [index, text] of said.entries()) expect(problems[index]).toContain(text);
});
