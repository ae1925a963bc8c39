// Hands over decisions, stops, settled effects and rollbacks whose workflow has not heard of them: the server was down, or this process
// died in between.

import { type DeliveryDeps, deliver } from './delivery.ts';
import type { Approvals } from './ports/approvals.ts';
import type { IncidentMessenger } from './ports/messenger.ts';
import type { Metrics } from './ports/metrics.ts';
import type { Stops } from './ports/stops.ts';
import { type RollbackDeps, startRollback, tellRollbackNews } from './rollbacks.ts';
import { startRounds } from './rounds.ts';
import { type SettlementDeps, tellSettlement } from './settlements.ts';
import { tellStop } from './stops.ts';

export type RedeliveryDeps = Omit<DeliveryDeps, 'approvals' | 'messenger'> & {
  readonly approvals: Pick<Approvals, 'undelivered' | 'delivered'>;
  readonly stops: Pick<Stops, 'request' | 'undelivered' | 'delivered'>;
  readonly settlements: SettlementDeps['settlements'];
  readonly rollbacks: RollbackDeps['rollbacks'];
  readonly rollbackWorkflows: RollbackDeps['rollbackWorkflows'];
  readonly messenger: Pick<
    IncidentMessenger,
    'approvalDecided' | 'takeOver' | 'abort' | 'close' | 'effectSettled' | 'rollbackNews'
  >;
  readonly metrics: Metrics;
  /** Pause between two looks. Default 2000. */
  readonly intervalMs?: number;
};

/** Pauses double from one interval to this many, per decision, so that one dead workflow does not fill the log. */
const longestPauseIntervals = 64;
const batch = 100;

type Undelivered = { readonly id: string; readonly tell: () => Promise<boolean> };

/** Runs until stopped; `stop` resolves when the round under way has ended. */
export function startRedelivery(deps: RedeliveryDeps): { stop(): Promise<void> } {
  const { log, intervalMs = 2000 } = deps;
  const waiting = new Map<string, { failures: number; rounds: number }>();

  const round = async (isStopped: () => boolean): Promise<void> => {
    const undelivered = [
      ...(await stopsToTell(deps)),
      ...(await decisionsToTell(deps)),
      ...(await settlementsToTell(deps)),
      ...(await rollbacksToStart(deps)),
      ...(await rollbackNewsToTell(deps)),
    ];
    const ids = new Set(undelivered.map(({ id }) => id));
    for (const id of waiting.keys()) if (!ids.has(id)) waiting.delete(id);
    for (const { id, tell } of undelivered) {
      if (isStopped()) return;
      const pause = waiting.get(id);
      if (pause !== undefined && pause.rounds > 0) {
        pause.rounds -= 1;
        continue;
      }
      if (await tell()) waiting.delete(id);
      else {
        const failures = (pause?.failures ?? 0) + 1;
        waiting.set(id, { failures, rounds: Math.min(2 ** failures, longestPauseIntervals) });
      }
    }
  };

  return startRounds(round, {
    intervalMs,
    failed: (error) => log.warn({ err: error }, 'could not look for undelivered decisions'),
  });
}

async function decisionsToTell(deps: RedeliveryDeps): Promise<readonly Undelivered[]> {
  const { approvals, metrics } = deps;
  const undelivered = await approvals.undelivered(batch);
  metrics.gauge('sentinel_decisions_undelivered', {}, undelivered.length);
  return undelivered.map(({ incidentId, ...decision }) => ({
    id: decision.approvalId,
    async tell() {
      const delivered = await deliver(incidentId, decision, deps);
      metrics.count('sentinel_decision_redeliveries_total', { result: delivered ? 'delivered' : 'failed' });
      return delivered;
    },
  }));
}

/** The gate obeys them already; the workflow still has to end the incident. */
async function stopsToTell(deps: RedeliveryDeps): Promise<readonly Undelivered[]> {
  const undelivered = await deps.stops.undelivered(batch);
  deps.metrics.gauge('sentinel_stops_undelivered', {}, undelivered.length);
  return undelivered.map((stop) => ({
    id: `${stop.kind} of ${stop.incidentId}`,
    tell: () => tellStop(stop, deps),
  }));
}

async function settlementsToTell(deps: RedeliveryDeps): Promise<readonly Undelivered[]> {
  const untold = await deps.settlements.untold(batch);
  deps.metrics.gauge('sentinel_settlements_untold', {}, untold.length);
  return untold.map((settlement) => ({
    id: `settlement of ${settlement.intentId}`,
    tell: () => tellSettlement(settlement, deps),
  }));
}

/** Recorded with enough people behind them; what nobody carried out in time ends here. */
async function rollbacksToStart(deps: RedeliveryDeps): Promise<readonly Undelivered[]> {
  await deps.rollbacks.expire();
  const orders = await deps.rollbacks.unstarted(batch);
  deps.metrics.gauge('sentinel_rollbacks_unstarted', {}, orders.length);
  return orders.map((order) => ({ id: order.requestId, tell: () => startRollback(order, deps) }));
}

async function rollbackNewsToTell(deps: RedeliveryDeps): Promise<readonly Undelivered[]> {
  const untold = await deps.rollbacks.untold(batch);
  return untold.map((one) => ({ id: one.news.newsId, tell: () => tellRollbackNews(one, deps) }));
}
