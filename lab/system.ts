/**
 * The whole lab as one object with a start and a stop, for the benchmark, the demo and tests. Everything runs in other
 * processes, and everything ends with `stop` or with this process, however that ends.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LoadStats } from './load/stats.ts';
import type { FaultRequest } from './supervisor/fault-kinds.ts';
import type { FaultView } from './supervisor/faults.ts';
import type { LedgerEntry } from './supervisor/ledger.ts';
import type { ReadyLine, SupervisorInput } from './supervisor/options.ts';
import { callJson } from './support/http.ts';

export interface LabOptions {
  seed?: number;
  /** Base URL of the OTLP/HTTP receiver; without it nothing is exported. */
  otlpEndpoint?: string;
  /** How often metrics are sent. Default: every second. */
  telemetryIntervalMs?: number;
  eventsUrl?: string;
  apiKey?: string;
  environment?: string;
  load?: { requestsPerSecond: number };
  /** Folder for sandboxes and ledger; left out, a temporary one that goes with `stop`. */
  dir?: string;
}

export interface Lab extends ReadyLine {
  dir: string;
  /** Injects a fault now; resolves when it is in. */
  inject: (fault: FaultRequest) => Promise<FaultView>;
  /** Every fault so far, and whether its cause is still there. */
  faults: () => Promise<FaultView[]>;
  /** Takes back one fault or all. */
  heal: (id?: string) => Promise<string[]>;
  /** The load generator's truth about what was sent in [from, to), epoch milliseconds. */
  stats: (from?: number, to?: number) => Promise<LoadStats>;
  /** Every action that was performed. */
  ledger: () => Promise<LedgerEntry[]>;
  stop: () => Promise<void>;
}

const startLimitMs = 45_000;
const entry = fileURLToPath(new URL('./supervisor/main.ts', import.meta.url));

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'lab-'));
  const { load, ...rest } = options;
  const input: SupervisorInput = {
    ...rest,
    dir,
    ...(load ? { requestsPerSecond: load.requestsPerSecond } : {}),
  };
  // The practice system needs nothing of what is secret in the environment of whoever runs it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SENTINEL_')),
  );
  const child = spawn(process.execPath, [entry, '--options-stdin'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): void => void child.kill('SIGTERM');
  process.once('exit', kill);
  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    if (child.exitCode === null && child.signalCode === null) kill();
    await exited;
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true });
  };

  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(input)}\n`);
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<ReadyLine>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the lab was not up after ${startLimitMs} ms`)),
      startLimitMs,
    );
    lines.once('line', (line) => {
      clearTimeout(timer);
      resolve(JSON.parse(line) as ReadyLine);
    });
    void exited.then(() => reject(new Error('the lab ended while it was starting; its output says why')));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  return {
    ...ready,
    dir,
    inject: (fault) => callJson('POST', `${ready.adminUrl}/admin/faults`, fault),
    faults: async () =>
      (await callJson<{ faults: FaultView[] }>('GET', `${ready.adminUrl}/admin/state`)).faults,
    heal: async (id) =>
      (await callJson<{ healed: string[] }>('POST', `${ready.adminUrl}/admin/heal`, id ? { id } : {})).healed,
    stats: (from = 0, to = Date.now()) =>
      callJson('GET', `${ready.loadUrl}/stats?from=${Math.floor(from)}&to=${Math.ceil(to)}`),
    ledger: async () =>
      (await callJson<{ entries: LedgerEntry[] }>('GET', `${ready.supervisorUrl}/v1/ledger`)).entries,
    stop,
  };
}
