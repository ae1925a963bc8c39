/** A real Loki of one test, in one process, with its files in a folder of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../integration/support/wait.ts';

export type PushedLine = readonly [atNs: bigint, text: string, metadata?: Readonly<Record<string, string>>];

export interface Loki {
  readonly url: string;
  /** Lines of one stream; they can be asked for when this resolves. */
  push(stream: Readonly<Record<string, string>>, lines: readonly PushedLine[]): Promise<void>;
  stop(): Promise<void>;
}

/** `tenants`: whether it asks for `X-Scope-OrgID`. */
export async function startLoki(executable: string, tenants = false): Promise<Loki> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-loki-'));
  const [http = 0, grpc = 0] = await freePorts(2);
  const file = join(dir, 'loki.yaml');
  writeFileSync(file, configuration(dir, http, grpc, tenants));
  const logFile = join(dir, 'log');
  const url = `http://127.0.0.1:${http}`;
  const pid = await startProcess([executable, `-config.file=${file}`], logFile, 'attached');
  const stop = async (): Promise<void> => {
    await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await eventually('Loki to be ready', async () => (await fetch(`${url}/ready`)).ok, 300_000);
  } catch (error) {
    const log = tailOf(logFile);
    await stop();
    throw new Error(`${(error as Error).message}\n${log}`, { cause: error });
  }
  return {
    url,
    stop,
    async push(stream, lines) {
      const values = lines.map(([at, ...rest]) => [`${at}`, ...rest]);
      const answer = await fetch(`${url}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(tenants ? { 'x-scope-orgid': 'shop' } : {}) },
        body: JSON.stringify({ streams: [{ stream, values }] }),
      });
      if (answer.status !== 204) throw new Error(`${answer.status} ${await answer.text()}`);
    },
  };
}

/** It waits for nobody else, so it is ready at once. */
function configuration(dir: string, http: number, grpc: number, tenants: boolean): string {
  return [
    `auth_enabled: ${tenants}`,
    'server:',
    `  { http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1, grpc_listen_port: ${grpc}, log_level: warn }`,
    'common:',
    '  instance_addr: 127.0.0.1',
    `  path_prefix: ${dir}`,
    `  storage: { filesystem: { chunks_directory: ${dir}/chunks, rules_directory: ${dir}/rules } }`,
    '  replication_factor: 1',
    '  ring: { kvstore: { store: inmemory } }',
    'ingester: { lifecycler: { min_ready_duration: 0s, final_sleep: 0s } }',
    'schema_config:',
    '  configs:',
    '    - { from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: { prefix: index_, period: 24h } }',
    'limits_config: { allow_structured_metadata: true, discover_log_levels: true, discover_service_name: [service, app] }',
    'analytics: { reporting_enabled: false }',
  ].join('\n');
}
