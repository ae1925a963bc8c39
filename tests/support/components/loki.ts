/** A real Loki, built with Go. Here is only the executable; each test runs its own. */
import { join } from 'node:path';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';
import { obtainGoCommands } from './go-module.ts';

const version = '3.7.8';
const dir = join(cacheDir, `loki-${version}`);

export interface LokiInfo {
  readonly executable: string;
}

export const loki: Component = {
  name: 'loki',
  async obtain(report) {
    await obtainGoCommands(
      {
        title: 'Loki',
        module: 'github.com/grafana/loki/v3',
        version,
        commands: ['cmd/loki'],
        dir,
        // A folder of its repository, which is not in the module.
        rewritten: (goMod) => goMod.replace(/^replace github\.com\/grafana\/loki\/pkg\/push .*$/m, ''),
        takesAbout: 'about ten minutes on two cores',
      },
      report,
    );
  },
  async start() {
    await loki.obtain(console.error);
    const info: LokiInfo = { executable: join(dir, 'loki') };
    return { info, stop: async () => {} };
  },
};
