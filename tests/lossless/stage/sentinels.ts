/** The processes of an installation, `sentinel start --role …` each, which can be killed, stopped for a while, and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePort } from '../../../lab/run/sentinel-process.ts';
import { eventually } from '../../integration/support/wait.ts';

const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
const readyWithinMs = 300_000;

export const processNames = ['api', 'worker', 'ingest-a', 'ingest-b'] as const;
export type ProcessName = (typeof processNames)[number];

export interface SentinelOfRole {
  readonly name: ProcessName;
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it on the data of before, where there is any; resolves when it says that it is ready. */
  start(): Promise<void>;
  /** SIGSTOP and SIGCONT. */
  suspend(): void;
  resume(): void;
}

export async function createSentinel(
  name: ProcessName,
  {
    folder,
    settings,
    env,
    port,
  }: {
    readonly folder: string;
    readonly settings: object;
    readonly env: Readonly<Record<string, string>>;
    readonly port: number;
  },
): Promise<SentinelOfRole> {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  const configFile = join(dir, 'sentinel.yaml');
  writeFileSync(
    configFile,
    stringify({ ...settings, server: { host: '127.0.0.1', port, grpcPort: 0, rateLimits: unlimited } }),
  );
  const log = openSync(join(dir, 'sentinel.log'), 'a', 0o600);
  const url = `http://127.0.0.1:${port}`;
  const role = name.replace(/-.*/, '');
  let child: ChildProcess | null = null;
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '', XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME === undefined ? {} : { XDG_CACHE_HOME };
  const pid = (): number => child?.pid ?? 0;
  return {
    name,
    port,
    url,
    get pid() {
      return pid();
    },
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      child = null;
    },
    async start() {
      const started = spawn(process.execPath, [main, 'start', '--role', role, '--config', configFile], {
        cwd: dir,
        env: { PATH, HOME, NODE_COMPILE_CACHE, ...cache, ...env },
        stdio: ['ignore', log, log],
      });
      child = started;
      await eventually(
        `${name} to be ready`,
        async () => {
          if (started.exitCode !== null) return { ended: started.exitCode };
          return (await fetch(`${url}/ready`)).ok && { ended: null };
        },
        readyWithinMs,
      ).then(({ ended }) => {
        if (ended === null) return;
        const said = readFileSync(join(dir, 'sentinel.log'), 'utf8').slice(-2_000);
        throw new Error(`${name} ended with ${ended}: ${said}`);
      });
    },
    suspend: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  };
}

/** The sender is one, and means it. */
const unlimited = { perKey: 0, perAddress: 0, eventsPerSource: 0 };

export const portsOfSentinels = async (): Promise<Readonly<Record<ProcessName, number>>> => ({
  api: await freePort(),
  worker: await freePort(),
  'ingest-a': await freePort(),
  'ingest-b': await freePort(),
});
