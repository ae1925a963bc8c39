// What the API may see of executors: their observations, within a few seconds, and no way to act.

import type { Executor, Executors } from '../../activities/ports/executor.ts';
import type { Infrastructure } from '../../api/ports/infrastructure.ts';
import type { Config } from '../../config/load.ts';

const timeoutMs = 3_000;

export function createInfrastructure(
  executors: Executors,
  configs: Config['executors'],
  waitMs = timeoutMs,
): Infrastructure {
  const environments = [...new Set(configs.flatMap((one) => one.environments))].toSorted();
  return {
    environments,
    async observe(environment) {
      const looks = await Promise.all(
        executors.forEnvironment(environment).map((executor) => look(executor, environment, waitMs)),
      );
      return {
        targets: looks.flatMap((one) => (one.ok ? one.targets : [])),
        missing: looks.flatMap((one) => (one.ok ? [] : [{ executor: one.executor, reason: one.reason }])),
      };
    },
  };
}

async function look(executor: Executor, environment: string, waitMs: number) {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${waitMs} ms`)), waitMs);
  });
  try {
    return { ok: true, targets: await Promise.race([executor.observe(environment), late]) } as const;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, executor: executor.name, reason } as const;
  } finally {
    clearTimeout(timer);
  }
}
