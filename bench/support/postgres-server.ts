// A Postgres server of the benchmark's own, in a temporary folder, with the durability of a fresh installation.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { freePort } from '../../lab/run/sentinel-process.ts';

const run = promisify(execFile);

export type OwnServer = { readonly url: string; stop(): Promise<void> };

/** Starts the newest Postgres that is installed; throws when there is none. */
export async function startPostgres(): Promise<OwnServer> {
  const bin = newest();
  const home = mkdtempSync(join(tmpdir(), 'sentinel-bench-postgres-'));
  const user = process.getuid?.() === 0 ? await account('postgres') : undefined;
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  const data = join(home, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], {
    cwd: home,
    ...user,
  });
  const port = await freePort();
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-k', home],
    { cwd: home, stdio: ['ignore', 'ignore', 'pipe'], ...user },
  );
  await ready(server.stderr);
  server.stderr.resume();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      const exited = once(server, 'exit');
      server.kill('SIGINT');
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function newest(): string {
  const debian = '/usr/lib/postgresql';
  const majors = existsSync(debian) ? readdirSync(debian).map(Number) : [];
  const folders = majors.sort((left, right) => right - left).map((major) => `${debian}/${major}/bin`);
  const found = [...folders, '/usr/local/bin', '/usr/bin'].find((dir) => existsSync(join(dir, 'initdb')));
  if (found === undefined)
    throw new Error('Postgres is not installed; give the URL of an empty database with --url');
  return found;
}

/** Postgres refuses to run as root. */
async function account(name: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

async function ready(log: Readable): Promise<void> {
  let said = '';
  for await (const chunk of log.iterator({ destroyOnReturn: false })) {
    said += String(chunk);
    if (said.includes('ready to accept connections')) return;
  }
  throw new Error(`Postgres did not start: ${said.slice(-2_000)}`);
}
