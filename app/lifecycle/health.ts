// The state of everything this process stands on, as `/ready` and `doctor` show it.

import type { ComponentHealth } from '../../api/ports/health.ts';
import type { Platform } from '../platform.ts';
import type { LagMeter } from './own-lag.ts';
import type { StartChecks } from './start-checks.ts';

const timeoutMs = 2_000;
const freshMs = 1_000;

/** `kafka`: of a process that reads from it. `reconciler`: of one that looks after incidents without a workflow. */
export function componentsOf(
  platform: Platform,
  kafka: { problem(): string | null } | null,
  lag: Pick<LagMeter, 'health'>,
  checks: Pick<StartChecks, 'health'>,
  reconciler: { health(): ComponentHealth } | null = null,
): () => Promise<readonly ComponentHealth[]> {
  const { database, history, client, temporal, config } = platform;
  const withoutKafka = () =>
    Promise.all([
      look('temporal', true, temporal.address, () => client.ping(timeoutMs)),
      look('postgres', true, database.location, () => database.ping()),
      history === null
        ? Promise.resolve({
            name: 'clickhouse',
            ok: true,
            required: false,
            detail: 'disabled: less evidence, less autonomy',
          })
        : look('clickhouse', false, config.clickhouse.url ?? 'embedded', () => history.ping()),
    ]);
  return shared(async () => [
    ...(reconciler === null ? [] : [reconciler.health()]),
    ...(await withoutKafka()),
    ...checks.health(),
    ...(kafka === null ? [] : [kafkaHealth(kafka, config.kafka.brokers)]),
    lag.health(),
  ]);
}

/** However many ask, one look at a time, and one a second: anybody may ask, and each look costs every part a call. */
export function shared<T>(
  look: () => Promise<T>,
  nowMs: () => number = () => performance.now(),
): () => Promise<T> {
  let latest: { readonly answer: Promise<T>; readonly atMs: number } | null = null;
  return () => {
    if (latest !== null && nowMs() - latest.atMs < freshMs) return latest.answer;
    const answer = look();
    latest = { answer, atMs: nowMs() };
    answer.catch(() => {
      latest = null;
    });
    return answer;
  };
}

/** Not required: what comes over HTTP is taken, and Kafka keeps its records. */
function kafkaHealth(kafka: { problem(): string | null }, brokers: readonly string[]): ComponentHealth {
  const where = brokers.join(', ');
  const problem = kafka.problem();
  return {
    name: 'kafka',
    ok: problem === null,
    required: false,
    detail: problem === null ? where : `${where}: ${problem}`,
  };
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
