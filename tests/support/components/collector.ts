/**
 * A real OpenTelemetry Collector: the one on the PATH, else built with Go once, by the Collector's own builder. Here is only the
 * executable; each test runs its own.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { cleanly } from '../../../adapters/temporal-dev-server/clean-environment.ts';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { type Progress, runWithProgress } from '../../../adapters/temporal-dev-server/progress.ts';
import { cacheDir } from './cache.ts';
import type { Component } from './component.ts';

export interface CollectorInfo {
  readonly executable: string;
}

const version = '0.148.0';
const dir = join(cacheDir, `otelcol-${version}`);
const built = join(dir, 'otelcol');
const own = 'go.opentelemetry.io/collector';
const contrib = 'github.com/open-telemetry/opentelemetry-collector-contrib';

const parts = {
  receivers: [`${own}/receiver/otlpreceiver v${version}`],
  processors: [`${own}/processor/batchprocessor v${version}`],
  exporters: [
    `${own}/exporter/otlpexporter v${version}`,
    `${own}/exporter/otlphttpexporter v${version}`,
    `${contrib}/exporter/kafkaexporter v${version}`,
  ],
  providers: ['env', 'file', 'yaml'].map((name) => `${own}/confmap/provider/${name}provider v1.54.0`),
};

export const collector: Component = {
  name: 'collector',
  async obtain(report) {
    if ((await executable()) !== undefined) return;
    mkdirSync(dir, { recursive: true });
    await withFolderLock(
      join(dir, '.lock'),
      (owner) => report(`Another process (${owner ?? 'unknown'}) is building the Collector; waiting for it.`),
      () => build(report),
    );
  },
  async start() {
    await collector.obtain(console.error);
    const info: CollectorInfo = { executable: (await executable()) as string };
    return { info, stop: async () => {} };
  },
};

async function executable(): Promise<string | undefined> {
  for (const name of [built, 'otelcol', 'otelcol-contrib']) {
    const answers = await promisify(execFile)(name, ['--version']).catch(() => undefined);
    if (answers !== undefined) return name;
  }
  return undefined;
}

async function build(report: (line: string) => void): Promise<void> {
  if (existsSync(built)) return;
  report(`Building the OpenTelemetry Collector ${version} with Go (once; about four minutes on two cores) …`);
  const source = join(dir, 'source');
  const gomods = (list: readonly string[]) => list.map((gomod) => ({ gomod }));
  const recipe = {
    dist: { name: 'otelcol', output_path: source, version },
    ...Object.fromEntries(Object.entries(parts).map(([kind, list]) => [kind, gomods(list)])),
  };
  writeFileSync(join(dir, 'builder.yaml'), stringify(recipe));
  const [go, ...args] = cleanly(
    ['go', 'run', `${own}/cmd/builder@v${version}`, '--config', join(dir, 'builder.yaml')],
    'network',
  );
  const child = spawn(go, args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const describe = ({ seconds, lastLine }: Progress) => `  ${seconds} s: ${lastLine}`;
  const { ok, tail } = await runWithProgress(child, describe, report);
  if (!ok) throw new Error(`building the Collector with Go failed: ${tail.slice(-3).join(' | ')}`);
  renameSync(join(source, 'otelcol'), built);
  rmSync(source, { recursive: true, force: true });
}
