// Temporal's dev server for a benchmark, with the search attributes of incidents.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { obtainTemporalCli, startTemporalDevServer } from '../../adapters/temporal-dev-server/index.ts';
import { searchAttributeNames } from '../../workflows/search-attributes.ts';

export type BenchTemporal = {
  readonly address: string;
  readonly namespace: string;
  stop(): Promise<void>;
};

/** In memory, unless `durable`. */
export async function startBenchTemporal(
  dir: string,
  { durable = false }: { readonly durable?: boolean } = {},
): Promise<BenchTemporal> {
  const namespace = 'default';
  const server = await startTemporalDevServer({
    executable: await obtainTemporalCli({
      cacheDir: join(homedir(), '.cache', 'sentinel'),
      report: (line) => stderr.write(`${line}\n`),
    }),
    dir,
    inMemory: !durable,
    namespace,
    searchAttributes: searchAttributeNames,
  });
  return { address: server.address, namespace, stop: () => server.stop() };
}
