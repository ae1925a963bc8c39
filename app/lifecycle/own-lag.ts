// Measures how far this process is behind, all the time and in one place; says so in its metrics and to the other processes.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ComponentHealth } from '../../api/ports/health.ts';
import { type LagMeasure, lagMeasures, OwnLag, WaitingShare } from '../../domain/lag/own-lag.ts';
import type { OnTaken } from '../../ingest/pipeline.ts';
import type { Platform } from '../platform.ts';
import type { SentinelRole } from '../roles.ts';
import type { Shutdown } from './shutdown.ts';

const beatMs = 250;
const askStoresMs = 5_000;
const askSchedulerMs = 1_000;
const reportMs = 5_000;
/** A store that has not answered by then is as slow as this; the next question goes out all the same. */
const longestAnswerMs = 60_000;

export type LagMeter = {
  readonly onTaken: OnTaken;
  health(): ComponentHealth;
};

type Measured = Pick<Platform, 'config' | 'stores' | 'database' | 'history' | 'metrics' | 'log'>;

export function startLagMeter(
  { config, stores, database, history, metrics, log }: Measured,
  role: SentinelRole,
  shutdown: Shutdown,
): LagMeter {
  const lag = new OwnLag(config.ownLag);
  const processId = randomUUID();
  const now = () => performance.now();
  const note = (measure: LagMeasure, seconds: number) => lag.note(measure, seconds, now());

  let beatAtMs = now();
  const beat = setInterval(() => {
    note('event-loop', Math.max(0, now() - beatAtMs - beatMs) / 1_000);
    beatAtMs = now();
  }, beatMs);

  const waiting = new WaitingShare();
  async function askScheduler(): Promise<void> {
    const waitedMs = await readWaitedMs();
    if (waitedMs === null) return;
    const share = waiting.of(waitedMs, now());
    if (share !== null) note('cpu-wait', share);
  }

  /** How long each of the questions that are open has been waiting: a store that hangs is seen before it answers. */
  const asked = new Map<LagMeasure, number>();
  async function time(measure: 'postgres' | 'clickhouse', ask: () => Promise<unknown>): Promise<void> {
    const openMs = asked.get(measure);
    if (openMs !== undefined && now() - openMs < longestAnswerMs) {
      note(measure, (now() - openMs) / 1_000);
      return;
    }
    const startedMs = now();
    asked.set(measure, startedMs);
    try {
      await ask();
      note(measure, (now() - startedMs) / 1_000);
    } catch (error) {
      // Whether it is there at all is for /ready to say.
      log.warn({ err: error, store: measure }, 'could not measure how long a store takes');
    } finally {
      if (asked.get(measure) === startedMs) asked.delete(measure);
    }
  }

  const askPostgres = () =>
    time('postgres', async () => {
      await database.ping();
      note('inbox', (await stores.ownLag.inboxWaitMs()) / 1_000);
    });
  const ask = setInterval(() => {
    void askPostgres();
    if (history !== null) void time('clickhouse', () => history.ping());
  }, askStoresMs);

  let reporting: Promise<void> | null = null;
  let reported = false;
  const tell = (overloads: readonly string[]) => {
    if (reporting !== null) return;
    reported = overloads.length > 0;
    reporting = stores.ownLag
      .report(processId, role, overloads)
      .catch((error: unknown) => log.warn({ err: error }, 'could not report the own lag'))
      .finally(() => {
        reporting = null;
      });
  };
  // An overload that begins is told at once: what is concluded in these seconds would be concluded without knowing of it.
  const schedule = setInterval(() => {
    void askScheduler().then(() => {
      const overloads = reported ? [] : lag.overloads(now());
      if (overloads.length > 0) tell(overloads);
    });
  }, askSchedulerMs);
  const report = setInterval(() => {
    const overloads = lag.overloads(now());
    for (const measure of lagMeasures) {
      const value = lag.value(measure, now());
      if (value === null) continue;
      if (measure === 'cpu-wait') metrics.gauge('sentinel_own_cpu_wait_ratio', {}, value);
      else metrics.gauge('sentinel_own_lag_seconds', { measure }, value);
    }
    metrics.gauge('sentinel_overloaded', {}, overloads.length > 0 ? 1 : 0);
    if (overloads.length > 0) log.warn({ overloads }, 'Sentinel itself is overloaded');
    tell(overloads);
  }, reportMs);

  shutdown.add('own lag', async () => {
    for (const timer of [beat, ask, schedule, report]) clearInterval(timer);
    await reporting;
    await stores.ownLag.withdraw(processId);
  });

  return {
    onTaken: (tookMs, ageMs) => {
      note('ingest', tookMs / 1_000);
      if (ageMs !== null) note('telemetry-age', ageMs / 1_000);
    },
    health: () => {
      const overloads = lag.overloads(now());
      const detail =
        overloads.length === 0 ? 'keeps up' : `${overloads.join('; ')}: no action runs without approval`;
      return { name: 'own lag', ok: overloads.length === 0, required: false, detail };
    },
  };
}

/** How long this process has waited for a CPU while it could have run, in ms; null where the system does not say. */
async function readWaitedMs(): Promise<number | null> {
  try {
    const waitedNs = Number((await readFile('/proc/self/schedstat', 'utf8')).split(' ')[1]);
    return Number.isFinite(waitedNs) ? waitedNs / 1e6 : null;
  } catch {
    return null;
  }
}
