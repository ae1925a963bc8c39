// Runs Sentinel itself as a process of its own, as an operator would: `sentinel start --config FILE`, judged and driven
// only through its public REST API.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { starve } from './busy-loops.ts';

const cli = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
/** One that has ended is noticed at once; this is for one that hangs. */
const startTimeoutMs = 180_000;
const temporalEndMs = 10_000;

export type SentinelProcess = {
  readonly url: string;
  /** The one it left for the command line on this machine, which therefore works on it, too. */
  readonly adminKey: string;
  readonly temporalUiUrl: string;
  readonly pid: number;
  readonly configFile: string;
  /** Ends it as an operator would, for good. */
  stop(): Promise<void>;
  /** Ends it as an accident would; `start` finds everything again. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
};

export type SentinelOptions = {
  /** Configuration to start from; ports, folders and the executor's address are filled in. */
  readonly template: string;
  readonly dir: string;
  /** Null: what the template says of executors stays. */
  readonly supervisorUrl: string | null;
  readonly port: number;
  readonly onExit?: (code: number | null) => void;
  /** Whether busy loops take its CPU time away; see busy-loops.ts. */
  readonly starved?: boolean;
};

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = lowestPort + randomInt(ports);
    if (await isFree(port)) return port;
  }
  throw new Error(`finding a free port: none of 100 from ${lowestPort} on was`);
}

/** Below those that systems give to outgoing connections: one of them could take it before it is listened on, or between two starts. */
const lowestPort = 15_000;
const ports = 15_000;

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export async function startSentinelProcess(options: SentinelOptions): Promise<SentinelProcess> {
  await mkdir(options.dir, { recursive: true });
  const temporalPort = await freePort();
  const uiPort = await freePort();
  const config = parseDocument(await readFile(options.template, 'utf8'));
  config.setIn(['server', 'host'], '127.0.0.1');
  config.setIn(['server', 'port'], options.port);
  config.setIn(['server', 'grpcPort'], null);
  config.setIn(['dataDir'], join(options.dir, 'data'));
  config.setIn(['temporal', 'embedded', 'port'], temporalPort);
  config.setIn(['temporal', 'embedded', 'uiPort'], uiPort);
  if (options.supervisorUrl !== null) config.setIn(['executors', 0, 'url'], options.supervisorUrl);
  const configFile = join(options.dir, 'sentinel.yaml');
  await writeFile(configFile, config.toString());

  let adminKey: string | null = null;
  const url = `http://127.0.0.1:${options.port}`;
  let child: ChildProcess | null = null;

  /** It listens a moment before it leaves its key. */
  async function isUp(): Promise<boolean> {
    if (!(await isReady(url))) return false;
    adminKey = await keyLeftIn(join(options.dir, 'data'));
    return adminKey !== null;
  }

  async function start(): Promise<void> {
    const log = await open(join(options.dir, 'sentinel.log'), 'a');
    // Like a fork: with the options of Node that this process has.
    const args = [...process.execArgv, cli, 'start', '--config', configFile];
    const started = spawn(process.execPath, args, {
      stdio: ['ignore', log.fd, log.fd],
      // A key that was given would be in no file, and no command that people are shown would work.
      env: { ...process.env, SENTINEL_ADMIN_KEY: undefined, SENTINEL_ADMIN_KEY_FILE: undefined },
    });
    if (options.starved === true && started.pid !== undefined) starve(started.pid);
    await log.close();
    child = started;
    let exited: number | null | undefined;
    started.on('exit', (code) => {
      exited = code;
      options.onExit?.(code);
    });
    const deadline = Date.now() + startTimeoutMs;
    while (!(await isUp())) {
      if (exited !== undefined)
        throw new Error(`starting Sentinel: it ended with code ${exited}, see ${options.dir}/sentinel.log`);
      if (Date.now() > deadline)
        throw new Error(
          `starting Sentinel: not ready within ${startTimeoutMs} ms, see ${options.dir}/sentinel.log`,
        );
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = child;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    const killer = setTimeout(() => running.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(killer);
  }

  /** Its Temporal server outlives it when it was killed; nobody else will come back for it here. */
  async function stop(): Promise<void> {
    await end('SIGTERM');
    await endTemporal(join(options.dir, 'data'));
  }

  try {
    await start();
  } catch (error) {
    await end('SIGKILL');
    await stop();
    throw error;
  }
  return {
    url,
    get adminKey() {
      return adminKey ?? '';
    },
    temporalUiUrl: `http://127.0.0.1:${uiPort}`,
    configFile,
    get pid() {
      return child?.pid ?? 0;
    },
    stop,
    kill: () => end('SIGKILL'),
    start,
  };
}

/** Ends the Temporal server that a Sentinel with this data folder has left running; resolves when it is gone. */
export async function endTemporal(dataDir: string): Promise<void> {
  const state = await readFile(join(dataDir, 'temporal', 'temporal.state.json'), 'utf8').catch(() => null);
  if (state === null) return;
  const { pid } = JSON.parse(state) as { pid: number };
  const deadline = Date.now() + temporalEndMs;
  signalTo(pid, 'SIGTERM');
  while (await isRunning(pid)) {
    if (Date.now() > deadline) return signalTo(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function signalTo(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended by itself
  }
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that has ended and that nobody has asked about yet still has its id, but no command line.
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'unknown')) !== '';
}

/** The key in what `start` leaves for the command line, once it has. */
async function keyLeftIn(dataDir: string): Promise<string | null> {
  const text = await readFile(join(dataDir, 'cli.json'), 'utf8').catch(() => null); // not yet
  return text === null ? null : ((JSON.parse(text) as { apiKey?: string }).apiKey ?? null);
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false; // not listening yet
  }
}
