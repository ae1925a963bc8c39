// A new process rebuilds what detection knew from history of the last minutes, so that a restart is not blindness.

import type { WarmRows } from '../domain/detection/engine.ts';
import type { Clock, Logger, WarmHistory } from './ports.ts';

export type WarmDeps = {
  readonly detection: { warm(environment: string, rows: WarmRows): void };
  readonly history: WarmHistory | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly warmMs: number;
};

/** Services by environment. */
export type Services = ReadonlyMap<string, readonly string[]>;

/**
 * Everything but the services that are watched elsewhere: whoever is not heard of here would be missed here. Never throws:
 * without history detection starts cold and learns again.
 */
export async function warmDetection(deps: WarmDeps, elsewhere: Services = new Map()): Promise<void> {
  const { history } = deps;
  if (history === null) return;
  await orCold(deps, async (fromMs, toMs) => {
    for (const environment of await history.environments(fromMs)) {
      const others = new Set(elsewhere.get(environment));
      const own = ({ service }: { readonly service: string }) => !others.has(service);
      const range = { environment, fromMs, toMs };
      const [calls, metrics, logs] = await Promise.all([
        history.calls(range),
        history.metrics(range),
        history.logs(range),
      ]);
      warm(deps, environment, {
        calls: calls.filter(own),
        metrics: metrics.filter(own),
        logs: logs.filter(own),
      });
    }
  });
}

/** These services only. Never throws. */
export async function warmServices(deps: WarmDeps, services: Services): Promise<void> {
  const { history } = deps;
  if (history === null) return;
  await orCold(deps, async (fromMs, toMs) => {
    for (const [environment, names] of services) {
      const range = { environment, fromMs, toMs };
      const [calls, metrics, logs] = await Promise.all([
        history.calls(range, names),
        history.metrics(range, names),
        history.logs(range, names),
      ]);
      warm(deps, environment, { calls, metrics, logs });
    }
  });
}

async function orCold(
  { clock, log, warmMs }: WarmDeps,
  read: (fromMs: number, toMs: number) => Promise<void>,
): Promise<void> {
  const toMs = clock.nowMs();
  try {
    await read(toMs - warmMs, toMs);
  } catch (error) {
    log.warn({ err: error }, 'detection starts cold: history could not be read');
  }
}

function warm({ detection, log }: WarmDeps, environment: string, rows: WarmRows): void {
  detection.warm(environment, rows);
  const { calls, metrics, logs } = rows;
  const counts = { calls: calls.length, metrics: metrics.length, logs: logs.length };
  log.info({ environment, ...counts }, 'detection rebuilt from history');
}
