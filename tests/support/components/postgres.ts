/** A real Postgres cluster in a temporary folder, one for the whole test run, never run as root. */
import { type ExecFileOptions, execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../../adapters/temporal-dev-server/server-process.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

const OLDEST_MAJOR = 15;
const READY_MS = 20_000;
const isRoot = process.getuid?.() === 0;

export interface PostgresInfo {
  /** Of the superuser, without a database name: `postgres://postgres@127.0.0.1:5433`. */
  readonly serverUrl: string;
}

export const postgres: Component = {
  name: 'postgres',
  async obtain(report) {
    if (binaries() !== undefined) return;
    if (isRoot && existsSync('/usr/bin/apt-get')) {
      await withFolderLock(
        join(cacheDir, 'apt.lock'),
        () => {},
        async () => {
          if (binaries() === undefined) await installFromDebian(report);
        },
      );
    }
    if (binaries() === undefined) {
      throw new Error(`Postgres ${OLDEST_MAJOR} or later (initdb, postgres) is not installed`);
    }
  },
  async start() {
    await postgres.obtain(console.error);
    const bin = binaries() as string;
    const home = mkdtempSync(join(tmpdir(), 'sentinel-postgres-'));
    const user = isRoot ? await unprivilegedUser() : undefined;
    if (user) chownSync(home, user.uid, user.gid);
    chmodSync(home, 0o700);
    const data = join(home, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    await run(join(bin, 'initdb'), initdb, { cwd: home, ...user });
    const [port = 0] = await freePorts(1);
    const logFile = join(home, 'postgres.log');
    const command = [join(bin, 'postgres'), '-D', data, ...settings({ port, socketDir: home })] as const;
    const pid = await startProcess([...command], logFile, 'attached', user);
    const stop = async (): Promise<void> => {
      process.kill(pid, 'SIGQUIT'); // at once: nothing of it is kept
      await stopProcess(pid);
      rmSync(home, { recursive: true, force: true });
    };
    const serverUrl = `postgres://postgres@127.0.0.1:${port}`;
    await waitUntilReady(serverUrl, logFile);
    const info: PostgresInfo = { serverUrl };
    return { info, stop };
  },
};

/** Without flushing to disk: tests end Sentinel's processes, never this one. */
function settings({ port, socketDir }: { port: number; socketDir: string }): string[] {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDir,
    max_connections: 200,
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function waitUntilReady(serverUrl: string, logFile: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: `${serverUrl}/postgres`,
      connectionTimeoutMillis: 1_000,
    });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(`Postgres is not ready: ${(error as Error).message}\n${tailOf(logFile)}`);
      }
      await sleep(50);
    }
  }
}

/** Folder of initdb and postgres, newest version first. */
function binaries(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const folders = [
    ...versions.sort((a, b) => b - a).map((major) => ({ major, dir: `${debian}/${major}/bin` })),
    ...[18, 17, 16, 15].flatMap((major) => [
      { major, dir: `/opt/homebrew/opt/postgresql@${major}/bin` },
      { major, dir: `/usr/local/opt/postgresql@${major}/bin` },
      { major, dir: `/usr/pgsql-${major}/bin` },
    ]),
  ];
  return folders.find(({ major, dir }) => major >= OLDEST_MAJOR && existsSync(join(dir, 'initdb')))?.dir;
}

async function installFromDebian(report: (line: string) => void): Promise<void> {
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-qq', '-y'] as const;
  report(`Installing postgresql-${OLDEST_MAJOR} with apt-get …`);
  await run(apt[0], [...apt.slice(1), 'update'], {}).catch(() => {});
  const install = [...apt.slice(1), 'install', '--no-install-recommends', `postgresql-${OLDEST_MAJOR}`];
  await run(apt[0], install, {}).catch((error: Error) =>
    report(`  apt-get: ${error.message.split('\n')[0]}`),
  );
}

/** The account that Debian's package made, or nobody. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    const id = await run('id', ['-u', name], {}).catch(() => undefined);
    if (id !== undefined) return { uid: Number(id), gid: Number(await run('id', ['-g', name], {})) };
  }
  throw new Error('Postgres refuses to run as root, and there is no account "postgres" or "nobody"');
}

async function run(file: string, args: string[], options: ExecFileOptions): Promise<string> {
  const { stdout } = await promisify(execFile)(file, args, options);
  return String(stdout).trim();
}
