// A world of incidents on servers of its own: Temporal's dev server, PGlite and one worker, in a folder that goes with them.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../adapters/postgres/index.ts';
import { createIncidentWorld, type IncidentWorld, type IncidentWorldOptions } from './incident-world.ts';
import { startBenchTemporal } from './temporal-server.ts';

export type StandaloneWorldOptions = Omit<IncidentWorldOptions, 'database' | 'temporal'> & {
  /** PGlite and Temporal write to disk; otherwise both stay in memory. */
  readonly durable?: boolean;
};

/** Its worker is running. `close` ends the servers, too, and removes the folder. */
export async function startStandaloneWorld({
  durable = false,
  ...options
}: StandaloneWorldOptions = {}): Promise<IncidentWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'sentinel-bench-'));
  const temporal = await startBenchTemporal(join(folder, 'temporal'), { durable });
  const database = await openDatabase(durable ? { dataDir: join(folder, 'postgres') } : { memory: true });
  const world = await createIncidentWorld({ ...options, database, temporal });
  await world.startWorker();
  return {
    ...world,
    async close() {
      await world.close();
      await database.close();
      await temporal.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
