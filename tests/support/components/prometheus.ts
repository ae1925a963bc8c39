/**
 * A real Prometheus: the one on the PATH when it is new enough for both protocols of remote write, else built with Go, without the
 * clouds it could find targets in. Here is only the executable; each test runs its own.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';
import { obtainGoCommands } from './go-module.ts';

/** Prometheus 3.13.5, as its module counts. */
const version = '0.313.5';
const oldestMajor = 3;
const dir = join(cacheDir, `prometheus-${version}`);

export interface PrometheusInfo {
  readonly executable: string;
}

export const prometheus: Component = {
  name: 'prometheus',
  async obtain(report) {
    if ((await executable()) !== undefined) return;
    await obtainGoCommands(
      {
        title: 'Prometheus',
        module: 'github.com/prometheus/prometheus',
        version,
        commands: ['cmd/prometheus'],
        dir,
        tags: ['netgo', 'remove_all_sd'],
        takesAbout: 'about five minutes on two cores',
      },
      report,
    );
  },
  async start() {
    await prometheus.obtain(console.error);
    const info: PrometheusInfo = { executable: (await executable()) as string };
    return { info, stop: async () => {} };
  },
};

async function executable(): Promise<string | undefined> {
  const built = join(dir, 'prometheus');
  if (existsSync(built)) return built;
  const said = await promisify(execFile)('prometheus', ['--version']).catch(() => undefined);
  const major = Number(/version (\d+)\./.exec(said?.stdout ?? '')?.[1] ?? 0);
  return major >= oldestMajor ? 'prometheus' : undefined;
}
