/** `sentinel start` as an operator runs it: a process of its own with a configuration file in a folder of its own. */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SentinelClient } from '../../../lab/run/client.ts';
import { endTemporal, freePort } from '../../../lab/run/sentinel-process.ts';
import { searchAttributeNames } from '../../../workflows/search-attributes.ts';
import { type Ran, type Running, startSentinel } from '../../cli/run-sentinel.ts';
import { migratedDatabase } from '../../support/migrated-database.ts';
import { freshNamespace } from '../../support/temporal.ts';
import { eventually } from './wait.ts';

export type Role = 'all' | 'api' | 'worker' | 'ingest';
export type Settings = Readonly<Record<string, unknown>>;

export interface Sentinel {
  readonly url: string;
  readonly pid: number;
  readonly admin: SentinelClient;
  readonly running: Running;
  readonly configFile: string;
  /** SIGTERM; resolves with how it ended. */
  stop(): Promise<Ran>;
  /** For cleaning up: whatever state it is in, nothing of it is left. */
  end(): Promise<void>;
  /** The value of one sample of /metrics; 0 when there is none. */
  metric(name: string, labels?: Readonly<Record<string, string>>): Promise<number>;
  /** What /ready says now. On a busy machine one look may find anything: wait for what has to come. */
  health(): Promise<Health>;
}

export interface Health {
  readonly status: 'ready' | 'not-ready';
  readonly components: readonly { readonly name: string; readonly ok: boolean; readonly required: boolean }[];
}

export const newAdminKey = (): string => `sntl_testadmin_${randomBytes(32).toString('base64url')}`;

/** Everything embedded, on free ports. */
export async function embeddedSettings(): Promise<Settings> {
  return { ...(await ownSettings()), temporal: { embedded: { port: 0, uiPort: 0 } } };
}

/**
 * Over the Temporal and the Postgres that the run has anyway: to start embedded ones takes seconds of processor time. The
 * namespace and the database are nobody else's, and go with the servers.
 */
export async function serverSettings(): Promise<Settings> {
  const [{ address, namespace }, { url }] = await Promise.all([
    freshNamespace(searchAttributeNames),
    migratedDatabase(),
  ]);
  return { ...(await ownSettings()), temporal: { address, namespace }, postgres: { url } };
}

async function ownSettings(): Promise<Settings> {
  return {
    server: { host: '127.0.0.1', port: await freePort(), grpcPort: 0 },
    dataDir: 'data',
    ingest: { defaultEnvironment: 'test' },
  };
}

/** The environment in which the servers, and what is compiled, are found that this machine already has. */
export function cacheOfThisMachine(): Record<string, string> {
  const { XDG_CACHE_HOME, NODE_COMPILE_CACHE = '' } = process.env;
  return XDG_CACHE_HOME === undefined ? { NODE_COMPILE_CACHE } : { XDG_CACHE_HOME, NODE_COMPILE_CACHE };
}

/**
 * Runs it in `dir`; does not wait for anything. The machine may be busy with the tests themselves, so an overload asks for
 * nobody unless `settings` say so.
 */
export async function launch(
  dir: string,
  settings: Settings,
  { role = 'all', env = {} }: { role?: Role; env?: Readonly<Record<string, string>> } = {},
): Promise<{ running: Running; configFile: string }> {
  await mkdir(dir, { recursive: true });
  const configFile = join(dir, 'sentinel.yaml');
  await writeFile(configFile, stringify({ ownLag: { lowersAutonomy: false }, ...settings }));
  const args = ['start', '--role', role, '--config', configFile];
  return { running: startSentinel(args, { env: { ...cacheOfThisMachine(), ...env } }), configFile };
}

/** Runs it and waits until it is ready. */
export async function startUp(
  dir: string,
  settings: Settings,
  {
    role = 'all',
    env = {},
    adminKey = newAdminKey(),
  }: { role?: Role; env?: Settings; adminKey?: string } = {},
): Promise<Sentinel> {
  const { port } = settings.server as { port: number };
  const given = { ...(env as Record<string, string>), SENTINEL_ADMIN_KEY: adminKey };
  const { running, configFile } = await launch(dir, settings, { role, env: given });
  const url = `http://127.0.0.1:${port}`;
  const { child } = running;
  const end = async (): Promise<void> => {
    child.kill('SIGKILL');
    await running.done;
    await endTemporal(join(dir, String(settings.dataDir ?? '.sentinel')));
  };
  try {
    await running.until('Sentinel is running');
    await eventually(`${role} to be ready`, async () => (await fetch(`${url}/ready`)).ok);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url,
    pid: child.pid ?? 0,
    admin: new SentinelClient(url, adminKey),
    running,
    configFile,
    end,
    async stop() {
      child.kill('SIGTERM');
      return running.done;
    },
    async metric(name, labels = {}) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return sample(text, name, labels);
    },
    health: async () => (await (await fetch(`${url}/ready`)).json()) as Health,
  };
}

/** Of Prometheus' text format. */
function sample(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const fits = (line: string): boolean =>
    (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) &&
    Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`));
  return text
    .split('\n')
    .filter(fits)
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
