// A new process rebuilds what detection knew from history of the last minutes, so that a restart is not blindness.

import type { WarmRows } from '../domain/detection/engine.ts';
import type { Clock, Logger, WarmHistory } from './ports.ts';

export type WarmDeps = {
  readonly detection: { warm(environment: string, rows: WarmRows): void };
  readonly history: WarmHistory;
  readonly clock: Clock;
  readonly log: Logger;
  readonly warmMs: number;
};

/** Never throws: without history detection starts cold and learns again. */
export async function warmDetection({ detection, history, clock, log, warmMs }: WarmDeps): Promise<void> {
  const toMs = clock.nowMs();
  const fromMs = toMs - warmMs;
  try {
    for (const environment of await history.environments(fromMs)) {
      const range = { environment, fromMs, toMs };
      const [calls, metrics, logs] = await Promise.all([
        history.calls(range),
        history.metrics(range),
        history.logs(range),
      ]);
      detection.warm(environment, { calls, metrics, logs });
      const rows = { calls: calls.length, metrics: metrics.length, logs: logs.length };
      log.info({ environment, ...rows }, 'detection rebuilt from history');
    }
  } catch (error) {
    log.warn({ err: error }, 'detection starts cold: history could not be read');
  }
}
