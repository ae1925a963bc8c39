/** Temporal on this machine, without Docker or an account: the dev server of the official CLI, with its Web UI. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { closedDoors, hiddenAddress } from './closed-doors.ts';
import { TemporalDevServerError } from './errors.ts';
import { withFolderLock } from './folder-lock.ts';
import { freePorts, isPortFree } from './ports.ts';
import { waitUntilReady } from './readiness.ts';
import { commandLine, startProcess, stopProcess, tailOf } from './server-process.ts';
import { readState, removeState, writeState } from './state-file.ts';

export { obtainTemporalCli } from './obtain-cli.ts';

/**
 * Starts in about a second; an old database on a slow disk, or a machine that is busy with other things, may need a hundred
 * times that. One that has ended is noticed at once: this is for one that hangs.
 */
const READY_MS = 120_000;
const START_ATTEMPTS = 3;

export interface TemporalDevServerOptions {
  /** The executable, from `obtainTemporalCli`. */
  readonly executable: string;
  /** Holds the log, the database and the state file; made when missing. */
  readonly dir: string;
  /** gRPC port on 127.0.0.1; 0 (the default) takes a free one. */
  readonly port?: number;
  /** Keeps everything in memory: faster, and gone when it stops. */
  readonly inMemory?: boolean;
  readonly namespace: string;
  /** Names of search attributes, registered as keywords. */
  readonly searchAttributes?: readonly string[];
  /**
   * True: the server outlives this process, and the next start with the same `dir` finds it again. False (the
   * default): it ends together with this process, however that ends.
   */
  readonly durable?: boolean;
}

export interface TemporalDevServer {
  readonly address: string;
  /** Where its Web UI listens. It answers to every host and every page: show it to people behind a check of the host only. */
  readonly uiUrl: string;
  readonly pid: number;
  /** True when it was running already, from an earlier process. */
  readonly reused: boolean;
  readonly logFile: string;
  /** Ends the server; resolves when its process is gone. */
  stop(): Promise<void>;
}

/** Starts the server, or finds the durable one of this `dir`; resolves when it answers calls. */
export async function startTemporalDevServer(options: TemporalDevServerOptions): Promise<TemporalDevServer> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  if (options.durable !== true) return startWithPorts({ ...options, dir });
  return withFolderLock(
    join(dir, '.temporal-start.lock'),
    () => {},
    async () => {
      return (await findRunning({ ...options, dir })) ?? (await startWithPorts({ ...options, dir }));
    },
  );
}

/**
 * What passes: free ports may be taken by somebody else before the server has them, and what a server that was killed has left half
 * written in the database is first put right, while its own parts find it locked.
 */
const passing = ['address already in use', 'database is locked'];

/** What keeps it from starting may pass: then it is tried again, on other free ports. */
async function startWithPorts(options: TemporalDevServerOptions): Promise<TemporalDevServer> {
  const { port = 0 } = options;
  if (port !== 0 && !(await isPortFree(port))) throw portInUse(port);
  for (let attempt = 1; ; attempt += 1) {
    const [freePort = 0, freeUiPort = 0] = await freePorts(2);
    try {
      return await startOnce(options, port || freePort, { ip: hiddenAddress(), port: freeUiPort });
    } catch (error) {
      const passes = error instanceof Error && passing.some((words) => error.message.includes(words));
      if (!passes || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(
  options: TemporalDevServerOptions,
  port: number,
  ui: Listener,
): Promise<TemporalDevServer> {
  const { dir, namespace, durable = false, searchAttributes = [] } = options;
  const logFile = join(dir, 'temporal.log');
  const command = [options.executable, ...serverArguments(options, port, ui)] as const;
  const pid = await startProcess(command, logFile, durable ? 'durable' : 'attached');
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://${ui.ip}:${ui.port}`;
  const isRunning = async (): Promise<boolean> => (await commandLine(pid)) !== undefined;
  const outcome = await waitUntilReady({ address, namespace, searchAttributes }, READY_MS, isRunning);
  if (!outcome.ready) {
    const exited = !(await isRunning());
    await stopProcess(pid);
    throw new TemporalDevServerError(
      exited ? 'exited' : 'not-ready',
      `The Temporal dev server on ${address} ${exited ? 'ended while starting' : `was not ready after ${READY_MS / 1000} s`} ` +
        `(${outcome.why}). The end of ${logFile}:\n${tailOf(logFile)}`,
    );
  }
  if (durable) writeState(dir, { pid, address, uiUrl, startedAt: new Date().toISOString() });
  return handle(dir, { pid, address, uiUrl }, false);
}

/**
 * A queue of tasks is read at most 20 times a second in each shard. That is made for servers of hundreds of shards; the dev
 * server has one, where a busy incident would make each further step wait 50 ms. More than this buys no speed, and costs
 * some when a hundred incidents come at once.
 */
const oneShard = ['history.transferProcessorMaxPollRPS=100', 'history.timerProcessorMaxPollRPS=100'];

/** Priorities of tasks: off by default in this release of the server. */
const priorities = 'matching.useNewMatcher=true';

type Listener = { readonly ip: string; readonly port: number };

function serverArguments(options: TemporalDevServerOptions, port: number, ui: Listener): string[] {
  const { dir, namespace, inMemory = false, searchAttributes = [] } = options;
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    ...['--ui-ip', ui.ip, '--ui-port', String(ui.port)],
    ...['--namespace', namespace, '--log-level', 'warn', '--log-format', 'json'],
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...[...oneShard, priorities, ...closedDoors].flatMap((setting) => ['--dynamic-config-value', setting]),
    ...(inMemory ? [] : ['--db-filename', databaseFile(dir)]),
  ];
}

const databaseFile = (dir: string): string => join(dir, 'temporal.db');

/** The durable server of this folder, if the process of the state file is alive and really is that server. */
async function findRunning(options: TemporalDevServerOptions): Promise<TemporalDevServer | undefined> {
  const { dir, namespace, searchAttributes = [] } = options;
  const state = readState(dir);
  if (state === undefined) return undefined;
  const running = async (): Promise<boolean> => {
    const line = await commandLine(state.pid); // process ids are used again after a reboot: look at what it runs
    return line?.includes('server start-dev') === true && line.includes(databaseFile(dir));
  };
  if (!(await running())) {
    removeState(dir);
    return undefined;
  }
  if (!(await isClosed(state.pid))) {
    // Left by a Sentinel that did not close these doors yet. What it recorded is in its database.
    await stopProcess(state.pid);
    removeState(dir);
    return undefined;
  }
  const expected = { address: state.address, namespace, searchAttributes };
  const outcome = await waitUntilReady(expected, READY_MS, running);
  if (outcome.ready) return handle(dir, state, true);
  throw new TemporalDevServerError(
    'not-ready',
    `The Temporal dev server of ${dir} runs (process ${state.pid}, ${state.address}) but is not usable: ${outcome.why}. ` +
      `Stop it with "kill ${state.pid}" and start again; nothing recorded is lost.`,
  );
}

async function isClosed(pid: number): Promise<boolean> {
  const line = (await commandLine(pid)) ?? '';
  return closedDoors.every((setting) => line.includes(setting));
}

function handle(
  dir: string,
  { pid, address, uiUrl }: { pid: number; address: string; uiUrl: string },
  reused: boolean,
): TemporalDevServer {
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    if (readState(dir)?.pid === pid) removeState(dir);
  };
  return { pid, address, uiUrl, reused, logFile: join(dir, 'temporal.log'), stop };
}

function portInUse(port: number): TemporalDevServerError {
  return new TemporalDevServerError(
    'port-in-use',
    `Port ${port} on 127.0.0.1, wanted for Temporal, is in use. Stop what listens there ` +
      `("lsof -i :${port}" or "ss -ltnp" shows it), or choose another port.`,
  );
}
