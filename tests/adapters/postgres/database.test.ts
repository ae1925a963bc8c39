// Opening the database: what is refused, with what words, and that two never share a data folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applicationRole } from '../../../adapters/postgres/database/application-role.ts';
import { lockDirectory } from '../../../adapters/postgres/database/directory-lock.ts';
import { createStores, openDatabase } from '../../../adapters/postgres/index.ts';
import { checkVectors } from '../../../adapters/postgres/memory/doctor.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { databaseCache, testLimits } from '../../support/stores.ts';
import { person } from './fixtures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sentinel-database-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A process that writes to the database in a folder and says what was acknowledged, until it is killed. */
function startWriter(dataDir: string): ChildProcess {
  return spawn(
    process.execPath,
    [fileURLToPath(import.meta.resolve('./writer-process.ts')), dataDir, databaseCache],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

await describeWithPostgres('a Postgres server', (url) => {
  test('is migrated once, answers a ping, and can be opened again', async () => {
    const first = await openDatabase({ url: url() });
    await first.ping();
    expect(first).toMatchObject({
      kind: 'server',
      location: expect.stringMatching(/^127\.0\.0\.1:\d+\/test_/),
    });
    const count = () =>
      sql<{ n: number }>`select count(*) as n from sentinel_migration`
        .execute(first.db)
        .then(({ rows }) => rows[0]?.n);
    const applied = await count();
    const second = await openDatabase({ url: url() });
    expect(await count()).toBe(applied);
    await second.close();
    await second.close();
    await expect(second.ping()).rejects.toThrow();
    await first.close();
  });

  test('a database that a newer Sentinel has migrated is refused, and left alone', async () => {
    const database = await openDatabase({ url: url() });
    await sql`insert into sentinel_migration (name, timestamp) values ('9999-future', '')`.execute(
      database.db,
    );
    await expect(openDatabase({ url: url() })).rejects.toMatchObject({
      name: 'DatabaseError',
      reason: 'schema-too-new',
      message: expect.stringContaining('9999-future'),
    });
    await sql`delete from sentinel_migration where name = '9999-future'`.execute(database.db);
    await database.close();
  });

  test('a role that may not create tables and finds none: the error says what failed', async () => {
    const owner = await openDatabase({ url: url() });
    await sql`drop schema public cascade`.execute(owner.db);
    await sql`do $$ begin create role nobody_special login; exception when duplicate_object then end $$`.execute(
      owner.db,
    );
    const other = new URL(url());
    other.username = 'nobody_special';
    await expect(openDatabase({ url: other.href })).rejects.toMatchObject({ reason: 'migration-failed' });
    await sql`create schema public`.execute(owner.db);
    await owner.close();
    await (await openDatabase({ url: url() })).close();
  });

  test('a database that is not there', async () => {
    await expect(openDatabase({ url: `${url()}_none` })).rejects.toMatchObject({
      reason: 'no-such-database',
    });
  });

  test('a login that is refused', async () => {
    const other = new URL(url());
    other.username = 'stranger';
    other.password = 'hunter2';
    await expect(openDatabase({ url: other.href })).rejects.toMatchObject({
      reason: 'access-denied',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  test('a server without pgvector keeps no vectors, says why, and does everything else', async () => {
    const database = await openDatabase({ url: url(), vectors: true });
    const { rows } = await sql`select from pg_available_extensions where name = 'vector'`.execute(
      database.db,
    );
    if (rows.length === 0)
      expect(database.vectorProblem).toMatch(/pgvector cannot be used .*create extension/);
    else expect(database.vectorProblem).toBeNull();
    await database.ping();
    await database.close();
    const finding = await checkVectors(url());
    expect(finding.status).toBe(rows.length === 0 ? 'warning' : 'ok');
  });

  test('a role that may not add the extension keeps no vectors either, and the doctor does not try', async () => {
    const owner = await openDatabase({ url: url() });
    await sql.raw(applicationRole.join(';')).execute(owner.db);
    const app = new URL(url());
    app.username = 'sentinel_app';
    const database = await openDatabase({ url: app.href, vectors: true });
    expect(database.vectorProblem).toMatch(/pgvector cannot be used/);
    await database.close();
    const { rows } = await sql`select from pg_extension where extname = 'vector'`.execute(owner.db);
    expect(rows).toEqual([]);
    await owner.close();
  });

  test('a lost connection is an error of the call, not of the process, and the next call connects again', async () => {
    const database = await openDatabase({ url: url(), maxConnections: 2 });
    const other = await openDatabase({ url: url(), maxConnections: 1 });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'sentinel' and pid <> pg_backend_pid() and datname = current_database()`.execute(
      other.db,
    );
    // One failed call for each connection that was lost.
    await database.ping().catch(() => {});
    await database.ping().catch(() => {});
    await expect(database.ping()).resolves.toBeUndefined();

    const torn = database.db.transaction().execute(async (trx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      const pid = rows[0]?.pid;
      await sql`select pg_terminate_backend(${pid})`.execute(other.db);
      await expect
        .poll(
          async () => (await sql`select 1 from pg_stat_activity where pid = ${pid}`.execute(other.db)).rows,
        )
        .toEqual([]);
      await sql`select 1`.execute(trx);
    });
    await expect(torn).rejects.toThrow();
    await expect(database.ping()).resolves.toBeUndefined();
    await other.close();
    await database.close();
  });
});

describe('no Postgres server', () => {
  test('nobody listens', async () => {
    await expect(openDatabase({ url: 'postgres://ann:hunter2@127.0.0.1:1/sentinel' })).rejects.toMatchObject({
      name: 'DatabaseError',
      reason: 'unreachable',
      message: expect.stringMatching(/^Postgres at 127\.0\.0\.1:1\/sentinel cannot be reached .*Check/),
    });
  });

  test('something else listens', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(openDatabase({ url: `postgres://127.0.0.1:${port}/x` })).rejects.toMatchObject({
      reason: 'unreachable',
    });
    server.close();
  });

  test('no URL', async () => {
    await expect(openDatabase({ url: 'not a url' })).rejects.toMatchObject({ reason: 'unreachable' });
  });
});

describe('PGlite in a folder', { timeout: 240_000 }, () => {
  test('keeps its data, is closed cleanly, and is opened by one at a time', async () => {
    const dataDir = path.join(folder, 'kept');
    const first = await openDatabase({ dataDir });
    await createStores(first, { limits: testLimits }).apiKeys.create(
      { name: 'ci', role: 'viewer' },
      person('ada', 'admin'),
    );
    await expect(openDatabase({ dataDir })).rejects.toMatchObject({
      reason: 'data-dir-in-use',
      message: expect.stringContaining(`process ${process.pid} on`),
    });
    await first.close();
    const second = await openDatabase({ dataDir });
    expect(await createStores(second, { limits: testLimits }).apiKeys.list()).toHaveLength(1);
    await second.close();
    expect((await readdir(dataDir)).toSorted()).toEqual(['lock-2', 'pgdata']);
  });

  test('SIGKILL while writing: what was acknowledged is there, and the dead owner holds nobody up', async () => {
    const dataDir = path.join(folder, 'killed');
    const writer = startWriter(dataDir);
    const acknowledged: string[] = [];
    const lines = createInterface({ input: writer.stdout as NodeJS.ReadableStream });
    for await (const line of lines) {
      acknowledged.push(line);
      if (acknowledged.length === 1) {
        await expect(openDatabase({ dataDir })).rejects.toMatchObject({
          reason: 'data-dir-in-use',
          message: expect.stringContaining(`process ${writer.pid} on`),
        });
      }
      if (acknowledged.length === 25) break;
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');

    const database = await openDatabase({ dataDir });
    const inbox = await database.db.selectFrom('inbox').select('id').execute();
    const intents = await database.db.selectFrom('intents').select('id').execute();
    const stored = new Set([...inbox, ...intents].map((row) => row.id));
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    const audited = await database.db
      .selectFrom('audit')
      .select('seq')
      .where('action', '=', 'gate.grant')
      .execute();
    expect(audited).toHaveLength(intents.length);
    await database.close();
  });

  test('a folder that cannot be used', async () => {
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    await expect(openDatabase({ dataDir: path.join(file, 'x') })).rejects.toMatchObject({
      reason: 'data-dir-unusable',
    });
    const broken = path.join(folder, 'broken');
    await mkdir(path.join(broken, 'pgdata'), { recursive: true });
    await writeFile(path.join(broken, 'pgdata', 'PG_VERSION'), '9.6\n');
    await expect(openDatabase({ dataDir: broken })).rejects.toMatchObject({ reason: 'data-dir-unusable' });
    await expect(openDatabase({ dataDir: broken })).rejects.toMatchObject({ reason: 'data-dir-unusable' });
  });
});

describe('the lock of a data folder', () => {
  async function lockedBy(owner: object | string, ageMs = 0): Promise<string> {
    const dir = await mkdtemp(path.join(folder, 'lock-'));
    await writeFile(path.join(dir, 'lock-7'), typeof owner === 'string' ? owner : JSON.stringify(owner));
    const then = new Date(Date.now() - ageMs);
    await utimes(path.join(dir, 'lock-7'), then, then);
    return dir;
  }

  test('of many that want it at once one gets it, also when a dead owner is in the way', async () => {
    const dir = await lockedBy({
      pid: 2 ** 22 + 1,
      host: hostname(),
      started: '',
      token: 't',
    });
    for (let round = 0; round < 20; round += 1) {
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => lockDirectory(dir)));
      const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locks).toHaveLength(1);
      await Promise.all(locks.map((unlock) => unlock()));
    }
    expect(await readdir(dir)).toEqual(['lock-27']);
  });

  test('the id of the owner belongs to another process now', async () => {
    const dir = await lockedBy({
      pid: process.pid,
      host: hostname(),
      started: 'before the last boot',
      token: 't',
    });
    const unlock = await lockDirectory(dir);
    await expect(unlock()).resolves.toBeUndefined();
  });

  test('an owner on another host is alive while it touches the file', async () => {
    const owner = { pid: 1, host: 'another-host', started: '', token: 't' };
    await expect(lockDirectory(await lockedBy(owner))).rejects.toThrow('process 1 on another-host');
    const unlock = await lockDirectory(await lockedBy(owner, 60_000));
    await unlock();
  });

  test('a lock that says nothing is nobody’s', async () => {
    const unlock = await lockDirectory(await lockedBy('half a li'));
    await expect(unlock()).resolves.toBeUndefined();
  });
});
