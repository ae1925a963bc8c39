/** Servers that come as Debian packages, installed as root where apt-get is; elsewhere they have to be on the PATH. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { cacheDir } from './cache.ts';

const run = promisify(execFile);

/** Installs the package unless `isThere` says that its server is. */
export async function installFromDebian(
  name: string,
  isThere: () => Promise<boolean>,
  report: (line: string) => void,
): Promise<void> {
  if ((await isThere()) || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  await withFolderLock(
    join(cacheDir, 'apt.lock'),
    () => {},
    async () => {
      if (await isThere()) return;
      // The run level keeps the package from starting a service of its own.
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
      const apt = (...args: string[]) => run('apt-get', ['-qq', '-y', ...args], { env });
      report(`Installing ${name} with apt-get …`);
      await apt('update').catch(() => {});
      await apt('install', '--no-install-recommends', name).catch((error: Error) =>
        report(`  apt-get: ${error.message.split('\n')[0]}`),
      );
    },
  );
}
