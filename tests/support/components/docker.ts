/**
 * A real Docker engine and a program for its containers. Here are only the executables; every test file runs an engine of its
 * own (tests/support/docker.ts). An engine mounts file systems and makes control groups, so it needs Linux and root.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

const run = promisify(execFile);
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
/** Static: it is the only file of the image that containers of tests are made of. */
const busybox = join(cacheDir, 'busybox-static', 'bin', 'busybox');

export interface DockerInfo {
  readonly dockerd: string;
  readonly busybox: string;
}

export const docker: Component = {
  name: 'docker',
  async obtain(report) {
    if (process.platform !== 'linux' || process.getuid?.() !== 0)
      throw new Error('a Docker engine of its own needs Linux and root: run the tests as root to include it');
    if (dockerd() === undefined || !existsSync(busybox)) {
      await withFolderLock(
        join(cacheDir, 'apt.lock'),
        () => {},
        async () => {
          if (dockerd() === undefined) await installEngine(report);
          if (!existsSync(busybox)) await downloadBusybox(report);
        },
      );
    }
    if (dockerd() === undefined) throw new Error('Docker is not installed: put "dockerd" on the PATH');
    if (!existsSync(busybox)) throw new Error("Debian's package busybox-static could not be downloaded");
  },
  async start() {
    await docker.obtain(console.error);
    const info: DockerInfo = { dockerd: dockerd() as string, busybox };
    return { info, stop: async () => {} };
  },
};

function dockerd(): string | undefined {
  return folders.map((folder) => join(folder, 'dockerd')).find((file) => existsSync(file));
}

async function installEngine(report: (line: string) => void): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) return;
  // The run level keeps the package from starting a service of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]) => run('apt-get', ['-qq', '-y', ...args], { env });
  report('Installing docker.io with apt-get …');
  await apt('update').catch(() => {});
  await apt('install', '--no-install-recommends', 'docker.io').catch((error: Error) =>
    report(`  apt-get: ${error.message.split('\n')[0]}`),
  );
}

/** The package is unpacked, not installed: nothing of the machine changes. */
async function downloadBusybox(report: (line: string) => void): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) return;
  report('Downloading busybox-static …');
  mkdirSync(cacheDir, { recursive: true });
  const dir = mkdtempSync(join(cacheDir, 'busybox-'));
  const download = () => run('apt-get', ['-qq', 'download', 'busybox-static'], { cwd: dir });
  try {
    await download().catch(async () => {
      await run('apt-get', ['-qq', 'update']);
      await download();
    });
    const [file = ''] = readdirSync(dir).filter((name) => name.endsWith('.deb'));
    await run('dpkg-deb', ['-x', join(dir, file), join(dir, 'unpacked')]);
    const place = join(cacheDir, 'busybox-static');
    rmSync(place, { recursive: true, force: true });
    renameSync(join(dir, 'unpacked'), place);
  } catch (error) {
    report(`  apt-get: ${(error as Error).message.split('\n')[0]}`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
