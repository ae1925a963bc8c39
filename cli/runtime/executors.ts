// The configured ways to act, by environment.

import type { Executor, Executors } from '../../activities/ports.ts';
import { createLabExecutor } from '../../adapters/lab/executor.ts';
import { createMockExecutor } from '../../adapters/mock/executor.ts';
import type { Config } from '../../config/load.ts';

type ExecutorConfig = Config['executors'][number];

export function createExecutors(configs: readonly ExecutorConfig[], nowMs: () => number): Executors {
  const entries = configs.map((config) => ({ config, executor: create(config, nowMs) }));
  const of = (environment: string) =>
    entries.filter(({ config }) => config.environments.includes(environment)).map(({ executor }) => executor);
  return {
    forEnvironment: of,
    forTarget: (target, name) => of(target.environment).find((executor) => executor.name === name) ?? null,
  };
}

function create(config: ExecutorConfig, nowMs: () => number): Executor {
  switch (config.type) {
    case 'lab':
      return createLabExecutor({ name: config.name, url: config.url });
    case 'mock':
      return createMockExecutor({ name: config.name, services: config.services, nowMs });
  }
}
