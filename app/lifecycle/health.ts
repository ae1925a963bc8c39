// The state of everything this process stands on, as `/ready` and `doctor` show it.

import type { ComponentHealth } from '../../api/ports/health.ts';
import { ago, whyAway } from '../../domain/agent/line.ts';
import type { WatchedHealth } from '../../ingest/watched.ts';
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
  watched: () => readonly WatchedHealth[] = () => [],
): () => Promise<readonly ComponentHealth[]> {
  const { database, history, historyName, client, temporal, config } = platform;
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
        : look(historyName ?? 'history', false, history.location, () => history.ping()),
    ]);
  return shared(async () => [
    ...(reconciler === null ? [] : [reconciler.health()]),
    ...(await withoutKafka()),
    ...checks.health(),
    ...(await agentsOf(platform)),
    ...(kafka === null ? [] : [kafkaHealth(kafka, config.kafka.brokers)]),
    ...watched().map(watchedHealth),
    lag.health(),
  ]);
}

/** The agents that executors act through: without one Sentinel runs, and does not act on its machine. */
async function agentsOf({ config, stores }: Platform): Promise<readonly ComponentHealth[]> {
  const hosts = new Set(config.executors.flatMap((one) => (one.type === 'agent' ? [one.agent] : [])));
  return Promise.all(
    [...hosts].map(async (host) => {
      const name = `agent ${host}`;
      try {
        const seen = await stores.agentLine.seen(host);
        const away = whyAway(host, seen);
        const detail = away ?? `${seen?.version}, last seen ${ago(seen?.seenMsAgo ?? 0)} ago`;
        return { name, ok: away === null, required: false, detail };
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        return { name, ok: false, required: false, detail: `it could not be asked for: ${said}` };
      }
    }),
  );
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

/** Not required: Sentinel goes on with what it hears of others. */
function watchedHealth({ name, problem }: WatchedHealth): ComponentHealth {
  return {
    name: `watched ${name}`,
    ok: problem === null,
    required: false,
    detail: problem ?? 'tells what its targets do',
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
