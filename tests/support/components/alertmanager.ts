/** A real Alertmanager: the one on the PATH, else Debian's package. Here is only the executable; each test runs its own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

const run = promisify(execFile);

export interface AlertmanagerInfo {
  readonly executable: string;
}

export const alertmanager: Component = {
  name: 'alertmanager',
  async obtain(report) {
    if ((await executable()) !== undefined) return;
    if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
      await withFolderLock(
        join(cacheDir, 'apt.lock'),
        () => {},
        async () => {
          if ((await executable()) === undefined) await installFromDebian(report);
        },
      );
    }
    if ((await executable()) === undefined) {
      throw new Error('Alertmanager is not installed: put "alertmanager" of prometheus.io on the PATH');
    }
  },
  async start() {
    await alertmanager.obtain(console.error);
    const info: AlertmanagerInfo = { executable: (await executable()) as string };
    return { info, stop: async () => {} };
  },
};

async function executable(): Promise<string | undefined> {
  for (const name of ['prometheus-alertmanager', 'alertmanager']) {
    const answers = await run(name, ['--version']).catch(() => undefined);
    if (answers !== undefined) return name;
  }
  return undefined;
}

async function installFromDebian(report: (line: string) => void): Promise<void> {
  // The run level keeps the package from starting a service of its own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const apt = (...args: string[]) => run('apt-get', ['-qq', '-y', ...args], { env });
  report('Installing prometheus-alertmanager with apt-get …');
  await apt('update').catch(() => {});
  await apt('install', '--no-install-recommends', 'prometheus-alertmanager').catch((error: Error) =>
    report(`  apt-get: ${error.message.split('\n')[0]}`),
  );
}
