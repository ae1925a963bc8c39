// Systems that tell what they do only when they are asked, such as a container engine. Each is asked at its own pace, so a slow one
// holds up no other, and what it answers goes the way of all telemetry.

import type { TelemetryObservation } from '../domain/observation.ts';
import type { Pipeline } from './pipeline.ts';
import type { Clock, Logger, Metrics } from './ports.ts';
import { createTicker, type Ticker } from './ticker.ts';

export type Readings = {
  /** What is so now, of everything it knows there. Throws when it cannot be asked. */
  read(environment: string, signal: AbortSignal): Promise<readonly TelemetryObservation[]>;
};

export type Watched = Readings & { readonly name: string; readonly environments: readonly string[] };

export type WatchDeps = {
  readonly take: Pipeline['take'];
  readonly everyMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
};

export function watch(watched: readonly Watched[], deps: WatchDeps): Ticker {
  const stopping = new AbortController();
  const tickers = watched.map((one) => tickerOf(one, deps, stopping.signal));
  return {
    start() {
      for (const ticker of tickers) ticker.start();
    },
    async stop() {
      stopping.abort(new Error('Sentinel stops'));
      await Promise.all(tickers.map((ticker) => ticker.stop()));
    },
  };
}

/** That it does not answer is told once, and so is that it does again. */
function tickerOf(
  { name, environments, read }: Watched,
  { take, everyMs, clock, metrics, log }: WatchDeps,
  stopping: AbortSignal,
): Ticker {
  let away = false;
  const answered = (isAway: boolean, error?: unknown): void => {
    metrics.count('sentinel_watched_readings_total', { name, result: isAway ? 'failed' : 'read' });
    if (isAway && !away) log.warn({ err: error, name }, 'a watched system cannot be asked; asking on');
    if (!isAway && away) log.info({ name }, 'a watched system answers again');
    away = isAway;
  };
  const tick = async (): Promise<void> => {
    // Longer than until the next question nobody waits for an answer.
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(everyMs)]);
    for (const environment of environments)
      await take(await unlessAborted(signal, read(environment, signal)), clock.nowMs());
    answered(false);
  };
  return createTicker(everyMs, tick, (error) => {
    if (!stopping.aborted) answered(true, error);
  });
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
