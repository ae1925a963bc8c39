// Systems that tell what they do only when they are asked, such as a container engine or a cluster. Each is asked at its own
// pace, so a slow one holds up no other, and what it answers goes the way of all telemetry and all events.

import type { AlertEvent, ChangeEvent, Observation, TelemetryObservation } from '../domain/observation.ts';
import type { IngestLimits } from './limits.ts';
import type { Pipeline } from './pipeline.ts';
import type { Clock, FiringAlerts, Inbox, Logger, LookNotes, Metrics, WatchPositions } from './ports.ts';
import { createTicker, type Ticker } from './ticker.ts';
import { cleaned } from './watched-clean.ts';
import { createWatchedEvents } from './watched-events.ts';
import { createPositionKeeper, type ReadInOrder } from './watched-positions.ts';

export type Readings = Omit<ReadInOrder, 'name'> & {
  /**
   * What is so now, of everything it knows there, and what happened since the question before. An alert fires as long as it is
   * in the answer. Throws when it cannot be asked: then nothing is over, and nothing begins.
   */
  read(environment: string, signal: AbortSignal): Promise<readonly Observation[]>;
  /**
   * The `source` of all its alerts; or the sources that it can speak of now, each with the alerts of its name: of others it knows
   * nothing, and nothing of theirs is over. Absent: it tells none.
   */
  readonly alertsFrom?: string | (() => readonly string[]);
  /** Until when everything that changed there is in its answers, by our clock; null before the first. Absent: it tells no changes. */
  changesUntilMs?(environment: string): number | null;
  /** Why it tells less than it should; null when all is well. */
  problem?(): string | null;
  /** Ends what goes on between the questions. */
  close?(): Promise<void>;
};

export type Watched = Readings & { readonly name: string; readonly environments: readonly string[] };

export type WatchDeps = {
  readonly take: Pipeline['take'];
  readonly inbox: Pick<Inbox, 'put'>;
  readonly firing: FiringAlerts;
  readonly looks: LookNotes;
  readonly positions: WatchPositions;
  readonly wake: () => void;
  readonly limits: IngestLimits;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
};

export type WatchedHealth = { readonly name: string; readonly problem: string | null };

export type Watching = Ticker & {
  /** How it is with each of them. */
  health(): readonly WatchedHealth[];
};

export function watch(watched: readonly Watched[], deps: WatchDeps): Watching {
  const stopping = new AbortController();
  const all = watched.map((one) => watchOne(one, deps, stopping.signal));
  return {
    start() {
      for (const { ticker } of all) ticker.start();
    },
    async stop() {
      stopping.abort(new Error('Sentinel stops'));
      await Promise.all(all.map(({ ticker }) => ticker.stop()));
      await Promise.all(watched.map(async (one) => one.close?.()));
    },
    health: () => all.map(({ health }) => health()),
  };
}

/** That it does not answer is told once, and so is that it does again. */
function watchOne(
  one: Watched,
  deps: WatchDeps,
  stopping: AbortSignal,
): { readonly ticker: Ticker; readonly health: () => WatchedHealth } {
  const { name, environments } = one;
  const { take, looks, everyMs, clock, metrics, log } = deps;
  const events = createWatchedEvents(deps);
  const position = createPositionKeeper(one, deps.positions);
  let away: string | null = null;
  let lacking: string | null = null;
  const answered = (why: string | null, error?: unknown): void => {
    metrics.count('sentinel_watched_readings_total', { name, result: why === null ? 'read' : 'failed' });
    if (why !== null && away === null)
      log.warn({ err: error, name }, 'a watched system cannot be asked; asking on');
    if (why === null && away !== null) log.info({ name }, 'a watched system answers again');
    away = why;
  };
  const tick = async (): Promise<void> => {
    // Longer than until the next question nobody waits for an answer.
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(everyMs)]);
    for (const environment of environments) {
      await position.resume(environment);
      const seen = await unlessAborted(signal, one.read(environment, signal));
      const nowMs = clock.nowMs();
      const { telemetry, changes, alerts } = sorted(seen, deps.limits, nowMs);
      let isStored = false;
      try {
        isStored = (await take(telemetry, nowMs)).kind === 'stored';
      } finally {
        // A change is told once: it must not go with telemetry that could not be taken.
        const { alertsFrom } = one;
        const from = typeof alertsFrom === 'string' ? alertsFrom : name;
        await events.tell(environment, from, changes, typeof alertsFrom === 'string' ? alerts : null, nowMs);
        for (const source of typeof alertsFrom === 'function' ? alertsFrom() : []) {
          const own = alerts.filter((alert) => alert.source === source);
          await events.tell(environment, source, [], own, nowMs);
        }
      }
      await position
        .told(environment, isStored)
        .catch((error: unknown) => log.warn({ err: error, name }, 'how far it was read could not be kept'));
      const untilMs = one.changesUntilMs?.(environment) ?? null;
      if (untilMs !== null)
        await looks
          .looked(name, environment, Math.max(0, clock.nowMs() - untilMs))
          .catch((error: unknown) => log.warn({ err: error, name }, 'a look could not be noted'));
    }
    answered(null);
    const problem = one.problem?.() ?? null;
    if (problem !== null && lacking === null)
      log.warn({ name, problem }, 'a watched system tells less than it should');
    lacking = problem;
  };
  const ticker = createTicker(everyMs, tick, (error) => {
    if (!stopping.aborted) answered(error instanceof Error ? error.message : String(error), error);
  });
  return { ticker, health: () => ({ name, problem: away ?? one.problem?.() ?? null }) };
}

function sorted(seen: readonly Observation[], limits: IngestLimits, nowMs: number) {
  const telemetry: TelemetryObservation[] = [];
  const changes: ChangeEvent[] = [];
  const alerts: AlertEvent[] = [];
  for (const given of seen) {
    const clean = cleaned(given, limits, nowMs);
    if (clean === null) continue;
    if (clean.kind === 'change') changes.push(clean);
    else if (clean.kind === 'alert') alerts.push(clean);
    else telemetry.push(clean);
  }
  return { telemetry, changes, alerts };
}

/** Also of what does not listen to the signal. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
