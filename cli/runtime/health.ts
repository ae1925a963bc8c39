// The state of everything this process stands on, as `/ready` and `doctor` show it.

import type { ComponentHealth } from '../../api/ports.ts';
import type { Foundation } from './foundation.ts';

const timeoutMs = 2_000;

export function componentsOf(foundation: Foundation): () => Promise<readonly ComponentHealth[]> {
  const { database, history, client, temporal, config } = foundation;
  return () =>
    Promise.all([
      look('temporal', true, temporal.address, () => client.ping(timeoutMs)),
      look('postgres', true, database.location, () => database.ping()),
      history === null
        ? {
            name: 'clickhouse',
            ok: true,
            required: false,
            detail: 'switched off: less evidence, less autonomy',
          }
        : look('clickhouse', false, config.clickhouse.url ?? 'embedded', () => history.ping()),
    ]);
}

async function look(
  name: string,
  required: boolean,
  where: string,
  ping: () => Promise<void>,
): Promise<ComponentHealth> {
  const startedAtMs = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAtMs);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([ping(), late]);
    return { name, ok: true, required, detail: where, latencyMs: elapsedMs() };
  } catch (error) {
    return {
      name,
      ok: false,
      required,
      latencyMs: elapsedMs(),
      detail: `${where}: ${error instanceof Error ? error.message : String(error)}`,
    };
  } finally {
    clearTimeout(timer);
  }
}
