/** A real Chromium: the one that is installed, else Debian's package. Here is only the executable; tests start their own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

const run = promisify(execFile);
const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export interface ChromiumInfo {
  readonly executable: string;
}

export const chromium: Component = {
  name: 'chromium',
  async obtain(report) {
    if (executable() !== undefined) return;
    if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
      await withFolderLock(
        join(cacheDir, 'apt.lock'),
        () => {},
        async () => {
          if (executable() === undefined) await installFromDebian(report);
        },
      );
    }
    if (executable() === undefined) throw new Error('Chromium (or Chrome) is not installed');
  },
  async start() {
    await chromium.obtain(console.error);
    const info: ChromiumInfo = { executable: executable() as string };
    return { info, stop: async () => {} };
  },
};

function executable(): string | undefined {
  return places.find((place) => existsSync(place));
}

async function installFromDebian(report: (line: string) => void): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) => run('apt-get', ['-qq', '-y', ...args], { env });
  report('Installing chromium with apt-get …');
  await apt('update').catch(() => {});
  await apt('install', '--no-install-recommends', 'chromium').catch((error: Error) =>
    report(`  apt-get: ${error.message.split('\n')[0]}`),
  );
}
