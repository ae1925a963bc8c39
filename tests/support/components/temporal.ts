/** The real Temporal dev server, in memory, one for the whole test run; every test file has its own namespace. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { obtainTemporalCli, startTemporalDevServer } from '../../../adapters/temporal-dev-server/index.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

export interface TemporalInfo {
  readonly address: string;
  readonly uiUrl: string;
}

export const temporal: Component = {
  name: 'temporal',
  async obtain(report) {
    await obtainTemporalCli({ cacheDir, report });
  },
  async start() {
    const executable = await obtainTemporalCli({ cacheDir, report: console.error });
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-temporal-'));
    const server = await startTemporalDevServer({ executable, dir, inMemory: true, namespace: 'default' });
    const info: TemporalInfo = { address: server.address, uiUrl: server.uiUrl };
    return {
      info,
      async stop() {
        await server.stop();
        rmSync(dir, { recursive: true, force: true });
      },
    };
  },
};
