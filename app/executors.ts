// The configured ways to act, by environment.

import type { AgentLine } from '../activities/ports/agent-line.ts';
import type { Executor, Executors } from '../activities/ports/executor.ts';
import type { ExecutorParts, Surroundings, WatchSurroundings } from '../adapters/executor-vendor.ts';
import { executorVendors } from '../adapters/executors.ts';
import type { Config } from '../config/load.ts';
import type { Watched } from '../ingest/watched.ts';
import { dryRunOf } from './dry-run.ts';
import { type Inventory, withInventory } from './inventory/inventory.ts';

type ExecutorConfig = Config['executors'][number];

export async function createExecutors(
  configs: readonly ExecutorConfig[],
  nowMs: () => number,
  inventory: Pick<Inventory, 'describe' | 'gives'>,
  /** Everywhere, nowhere, or in these environments. */
  dryRun: boolean | readonly string[] = false,
  agents: AgentLine = noAgents,
): Promise<Executors> {
  const entries = await Promise.all(
    configs.map(async (config) => {
      const executor = withInventory(await create(config, { nowMs, agents }), inventory);
      return { config, executor, dry: dryRunOf(executor) };
    }),
  );
  const isDry = (environment: string): boolean =>
    typeof dryRun === 'boolean' ? dryRun : dryRun.includes(environment);
  const of = (environment: string) =>
    entries
      .filter(({ config }) => config.environments.includes(environment))
      .map(({ config, executor, dry }) => (config.dryRun || isDry(environment) ? dry : executor));
  return {
    forEnvironment: of,
    forTarget: (target, name) => of(target.environment).find((executor) => executor.name === name) ?? null,
  };
}

async function create(config: ExecutorConfig, surroundings: Surroundings): Promise<Executor> {
  return (await partsOf(config)).create(config, surroundings);
}

/** Where no database is open there is no way to another machine. */
export const noAgents: AgentLine = {
  ask: async (host) => ({ kind: 'never-taken', reason: `no way leads from here to the agent of ${host}` }),
  seen: async () => null,
};

/** Those whose vendor tells what its targets do. */
export async function watchedSystems(
  configs: readonly ExecutorConfig[],
  surroundings: WatchSurroundings,
): Promise<readonly Watched[]> {
  const all = await Promise.all(
    configs.map(async (config) => {
      const readings = (await partsOf(config)).watch?.(config, surroundings);
      const { name, environments } = config;
      return readings == null ? [] : [{ ...readings, name, environments }];
    }),
  );
  return all.flat();
}

/** The parts of the vendor that this configuration is for. */
export function partsOf(config: ExecutorConfig): Promise<ExecutorParts<ExecutorConfig>> {
  return executorVendors[config.type].load() as Promise<ExecutorParts<ExecutorConfig>>;
}
