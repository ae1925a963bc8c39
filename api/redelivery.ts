// Hands over decisions whose workflow has not heard of them: the server was down, or this process died in between.

import { type DeliveryDeps, deliver } from './delivery.ts';
import type { Approvals, Metrics } from './ports.ts';

export type RedeliveryDeps = Omit<DeliveryDeps, 'approvals'> & {
  readonly approvals: Pick<Approvals, 'undelivered' | 'delivered'>;
  readonly metrics: Metrics;
  /** Pause between two looks. Default 2000. */
  readonly intervalMs?: number;
};

/** Pauses double from one interval to this many, per decision, so that one dead workflow does not fill the log. */
const longestPauseIntervals = 64;
const batch = 100;

/** Runs until stopped; `stop` resolves when the round under way has ended. */
export function startRedelivery(deps: RedeliveryDeps): { stop(): Promise<void> } {
  const { approvals, metrics, log, intervalMs = 2000 } = deps;
  const waiting = new Map<string, { failures: number; rounds: number }>();
  let stopped = false;
  let wake = (): void => {};

  const round = async (): Promise<void> => {
    const undelivered = await approvals.undelivered(batch);
    metrics.gauge('sentinel_decisions_undelivered', {}, undelivered.length);
    const ids = new Set(undelivered.map(({ approvalId }) => approvalId));
    for (const id of waiting.keys()) if (!ids.has(id)) waiting.delete(id);
    for (const { incidentId, ...decision } of undelivered) {
      if (stopped) return;
      const pause = waiting.get(decision.approvalId);
      if (pause !== undefined && pause.rounds > 0) {
        pause.rounds -= 1;
        continue;
      }
      const delivered = await deliver(incidentId, decision, deps);
      metrics.count('sentinel_decision_redeliveries_total', { result: delivered ? 'delivered' : 'failed' });
      if (delivered) waiting.delete(decision.approvalId);
      else {
        const failures = (pause?.failures ?? 0) + 1;
        waiting.set(decision.approvalId, {
          failures,
          rounds: Math.min(2 ** failures, longestPauseIntervals),
        });
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopped) {
      await round().catch((error: unknown) =>
        log.warn({ err: error }, 'could not look for undelivered decisions'),
      );
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = run();
  return {
    stop() {
      stopped = true;
      wake();
      return running;
    },
  };
}
