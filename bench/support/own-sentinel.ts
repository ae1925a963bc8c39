// A Sentinel of the benchmark's own: `sentinel start` as an operator runs it, in a folder that goes with it, with its stores
// embedded or on a Postgres server of the benchmark's own.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { openDatabase } from '../../adapters/postgres/index.ts';
import { freePort, type SentinelProcess, startSentinelProcess } from '../../lab/run/sentinel-process.ts';
import { startPostgres } from './postgres-server.ts';

export const storeKinds = ['embedded', 'postgres'] as const;
export type StoreKind = (typeof storeKinds)[number];

export type OwnSentinel = SentinelProcess & {
  /** What its database is opened by once it has ended. */
  readonly database: Parameters<typeof openDatabase>[0];
  /**
   * Processor time that its process, and the Temporal server it started, have had, in seconds: unlike the time that passes, it
   * hardly depends on what else runs.
   */
  cpuSeconds(): { readonly sentinel: number; readonly temporal: number };
  /** Ends everything and removes the folder. */
  close(): Promise<void>;
};

/** Without limits on requests, which are no matter of speed, and without history, which alerts do not need. */
export async function startOwnSentinel(store: StoreKind): Promise<OwnSentinel> {
  const dir = await mkdtemp(join(tmpdir(), 'sentinel-bench-'));
  const postgres = store === 'postgres' ? await startPostgres() : null;
  const template = join(dir, 'template.yaml');
  const config = {
    clickhouse: { enabled: false },
    server: { rateLimits: { perKey: 0, perAddress: 0, eventsPerSource: 0 } },
    ...(postgres === null ? {} : { postgres: { url: postgres.url } }),
  };
  await writeFile(template, JSON.stringify(config));
  const close = async (): Promise<void> => {
    await postgres?.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const sentinel = await startSentinelProcess({
      template,
      dir,
      supervisorUrl: null,
      port: await freePort(),
    });
    return Object.create(sentinel, {
      database: {
        value: postgres === null ? { dataDir: join(dir, 'data', 'postgres') } : { url: postgres.url },
      },
      cpuSeconds: {
        value: () => ({
          sentinel: cpuSecondsOf(sentinel.pid),
          temporal: cpuSecondsOf(temporalPidIn(join(dir, 'data'))),
        }),
      },
      close: {
        value: async () => {
          await sentinel.stop();
          await close();
        },
      },
    }) as OwnSentinel;
  } catch (error) {
    await close();
    throw error;
  }
}

function temporalPidIn(dataDir: string): number {
  const state = readFileSync(join(dataDir, 'temporal', 'temporal.state.json'), 'utf8');
  return (JSON.parse(state) as { pid: number }).pid;
}

/** User and system time of all its threads; 0 where there is no /proc. */
function cpuSecondsOf(pid: number): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
    return (user + system) / ticksPerSecond;
  } catch {
    return 0;
  }
}
const ticksPerSecond = 100;
