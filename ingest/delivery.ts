// Holds what detection found until it is durable. Detection ignores points it has already seen, so a sender's retry
// does not produce a finding again: what could not be stored stays here and goes out with the next request or tick.

import type { DetectionOutput, NewEdge } from '../domain/detection/output.ts';
import { anomalyItem } from './events/items.ts';
import type { Episodes, HistoryRows, HistoryWriter, Inbox, InboxItem, Logger, Metrics } from './ports.ts';

export type DeliveryDeps = {
  readonly inbox: Pick<Inbox, 'put'>;
  readonly episodes: Pick<Episodes, 'rememberEdges'>;
  /** Null: no history is configured. */
  readonly history: HistoryWriter | null;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Called after something new is in the inbox. */
  readonly wake: () => void;
  /** Rows and anomalies kept while a store is away; the oldest are dropped (and counted) past that. */
  readonly maxWaitingRows: number;
  readonly maxWaitingAnomalies: number;
};

export type Delivery = {
  /** Service graph edges; never fails the request, an edge waits for the next one. */
  edges(findings: DetectionOutput): Promise<void>;
  /** True when every anomaly found so far is in the inbox. */
  anomalies(findings: DetectionOutput): Promise<boolean>;
  /** True when every row found so far is in history, or none is configured. */
  rows(findings: DetectionOutput): Promise<boolean>;
  waiting(): { readonly rows: number; readonly anomalies: number };
};

export function createDelivery(deps: DeliveryDeps): Delivery {
  const { inbox, episodes, history, metrics, log } = deps;
  const waitingAnomalies = new Map<string, InboxItem>();
  const waitingEdges = new Map<string, NewEdge>();
  let waitingRows: HistoryRows[] = [];

  async function edges(findings: DetectionOutput): Promise<void> {
    for (const edge of findings.edges) waitingEdges.set(JSON.stringify(edge), edge);
    if (waitingEdges.size === 0) return;
    const sending = [...waitingEdges];
    try {
      const edges = sending.map(([, edge]) => edge);
      for (const [environment, group] of Map.groupBy(edges, (edge) => edge.environment)) {
        await episodes.rememberEdges(
          environment,
          group.map(({ caller, callee }) => ({ caller, callee })),
        );
      }
      for (const [key] of sending) waitingEdges.delete(key);
    } catch (error) {
      log.warn(
        { err: error, edges: sending.length },
        'could not remember service graph edges; will try again',
      );
    }
  }

  async function anomalies(findings: DetectionOutput): Promise<boolean> {
    for (const anomaly of findings.anomalies) {
      const item = anomalyItem(anomaly);
      waitingAnomalies.set(item.id, item);
      metrics.count('sentinel_ingest_anomalies_total', { signal: anomaly.signal, state: anomaly.state });
    }
    if (waitingAnomalies.size === 0) return true;
    const sending = [...waitingAnomalies.values()];
    try {
      await inbox.put(sending);
    } catch (error) {
      dropOldest(waitingAnomalies, deps.maxWaitingAnomalies, metrics);
      log.error(
        { err: error, anomalies: sending.length },
        'could not store anomalies in the inbox; will try again',
      );
      return false;
    }
    for (const { id } of sending) waitingAnomalies.delete(id);
    deps.wake();
    return true;
  }

  async function rows(findings: DetectionOutput): Promise<boolean> {
    if (history === null) return true;
    const sending = [...waitingRows, ...historyRows(findings)];
    waitingRows = [];
    const results = await Promise.allSettled(sending.map((entry) => history.write(entry)));
    const failed = sending.filter((_, index) => results[index]?.status === 'rejected');
    if (failed.length === 0) return true;
    waitingRows = keepNewest([...waitingRows, ...failed], deps.maxWaitingRows, metrics);
    const reason = results.find((result) => result.status === 'rejected');
    log.warn({ err: reason?.reason, batches: failed.length }, 'could not write history; will try again');
    return false;
  }

  const waiting = () => ({
    rows: waitingRows.reduce((sum, entry) => sum + rowCount(entry), 0),
    anomalies: waitingAnomalies.size,
  });
  return { edges, anomalies, rows, waiting };
}

/** History keeps the anomalies too, beside the rows of their environment. */
function historyRows(findings: DetectionOutput): HistoryRows[] {
  const anomalies = Map.groupBy(findings.anomalies, ({ scope }) => scope.environment);
  const batches = findings.rows.map((rows) => {
    const own = anomalies.get(rows.environment) ?? [];
    anomalies.delete(rows.environment);
    return { ...rows, anomalies: own };
  });
  for (const [environment, own] of anomalies) {
    batches.push({ environment, calls: [], metrics: [], logs: [], anomalies: own });
  }
  return batches.filter((batch) => rowCount(batch) > 0);
}

function rowCount(entry: HistoryRows): number {
  return entry.calls.length + entry.metrics.length + entry.logs.length + entry.anomalies.length;
}

function keepNewest(batches: readonly HistoryRows[], maxRows: number, metrics: Metrics): HistoryRows[] {
  let total = 0;
  let from = batches.length;
  while (from > 0) {
    const next = rowCount(batches[from - 1] as HistoryRows);
    if (total + next > maxRows) break;
    total += next;
    from -= 1;
  }
  const lost = batches.slice(0, from).reduce((sum, entry) => sum + rowCount(entry), 0);
  if (lost > 0) metrics.count('sentinel_history_rows_dropped_total', {}, lost);
  return batches.slice(from);
}

function dropOldest(items: Map<string, InboxItem>, max: number, metrics: Metrics): void {
  for (const id of items.keys()) {
    if (items.size <= max) return;
    items.delete(id);
    metrics.count('sentinel_ingest_anomalies_dropped_total', {});
  }
}
