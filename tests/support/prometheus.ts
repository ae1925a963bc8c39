/** A real Prometheus of one test: what it scrapes and writes is in its configuration. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../integration/support/wait.ts';

export interface Prometheus {
  readonly url: string;
  /** What it logged, the end of it. */
  log(): string;
  stop(): Promise<void>;
}

/** Starts one whose configuration is this YAML; resolves when it is ready. */
export async function startPrometheus(executable: string, configuration: string): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-prometheus-'));
  const file = join(dir, 'prometheus.yml');
  writeFileSync(file, configuration);
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const logFile = join(dir, 'log');
  const options = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=type-and-unit-labels',
    '--web.enable-remote-write-receiver',
    '--web.enable-otlp-receiver',
  ];
  const pid = await startProcess([executable, ...options], logFile, 'attached');
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok);
  } catch (error) {
    const log = tailOf(logFile);
    await stop();
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  }
  return { url, log: () => tailOf(logFile), stop };
}
