// Drains the durable inbox: changes are remembered, anomalies reach their incident. At-least-once: an item is `done`
// only after its effect, every effect is idempotent by id, so the process may die between any two lines.

import type { CorrelationConfig } from '../domain/correlation/correlate.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import { createLoop } from './loop.ts';
import type {
  Clock,
  Episodes,
  Inbox,
  InboxItem,
  IncidentStarter,
  Logger,
  Metrics,
  TakenItem,
} from './ports.ts';
import { cleanText } from './text.ts';

export type DispatchSettings = {
  /** Items taken at once, and how long they stay ours; a batch must be through well within its lease. */
  readonly batchSize: number;
  readonly leaseMs: number;
  /** How often to look for items that other processes put or dropped; our own wake us at once. */
  readonly pollMs: number;
  /** Services worked on at the same time; one service's items stay in order. */
  readonly lanes: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  readonly maxAttempts: number;
};

/**
 * About five hours of attempts: an outage of Temporal or Postgres must not make dead items. What a process had taken when
 * it was killed waits for the end of the lease, and so does whoever is to hear of it: a small batch needs only a short one.
 */
export const defaultDispatchSettings: DispatchSettings = {
  batchSize: 16,
  leaseMs: 20_000,
  pollMs: 1_000,
  lanes: 8,
  firstRetryMs: 500,
  maxRetryMs: 60_000,
  maxAttempts: 300,
};

export type DispatchDeps = {
  readonly inbox: Omit<Inbox, 'put'>;
  readonly episodes: Pick<Episodes, 'assign' | 'abandon' | 'rememberChange'>;
  readonly starter: IncidentStarter;
  readonly correlation: CorrelationConfig;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly settings: DispatchSettings;
};

export type ItemOutcome = 'change' | 'signalled' | 'ignored';

export type Dispatcher = {
  start(): void;
  /** Something new is in the inbox. */
  wake(): void;
  /** Takes and works through one batch; returns how many items it had. Throws when the inbox cannot be read. */
  drainOnce(): Promise<number>;
  /** Ends after the items being worked on; the rest of the batch goes back at once. */
  stop(): Promise<void>;
};

export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const { inbox, clock, metrics, log, settings } = deps;
  /** For stores that do not count attempts. */
  const attempts = new Map<string, number>();
  let stopping = false;

  async function drainOnce(): Promise<number> {
    const items = await inbox.take(settings.batchSize, settings.leaseMs);
    const lanes = [...Map.groupBy(items, laneOf).values()];
    const workers = Array.from({ length: Math.min(settings.lanes, lanes.length) }, async () => {
      for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) await workLane(lane);
    });
    await Promise.all(workers);
    return items.length;
  }

  /** In order; after a failure the rest waits with it, so that the end of a finding does not overtake its beginning. */
  async function workLane(lane: readonly TakenItem[]): Promise<void> {
    let retryAtMs: number | null = null;
    for (const item of lane) {
      if (stopping) await giveBack(item, clock.nowMs(), 'the process is stopping');
      else if (retryAtMs !== null)
        await giveBack(item, retryAtMs, 'an earlier item of the same service failed');
      else retryAtMs = await work(item);
    }
  }

  /** Returns when to try again, or null when the item is through (done or dead). */
  async function work(item: TakenItem): Promise<number | null> {
    const startedMs = clock.nowMs();
    try {
      const outcome = await deliver(item, deps);
      await inbox.done(item.id);
      attempts.delete(item.id);
      metrics.count('sentinel_inbox_items_total', { outcome });
      metrics.observe('sentinel_inbox_item_seconds', { outcome }, (clock.nowMs() - startedMs) / 1000);
      return null;
    } catch (error) {
      return await postpone(item, error);
    }
  }

  async function postpone(item: TakenItem, error: unknown): Promise<number | null> {
    const tried = item.attempts ?? (attempts.get(item.id) ?? 0) + 1;
    attempts.set(item.id, tried);
    const dead = tried >= settings.maxAttempts;
    const delayMs = Math.min(settings.maxRetryMs, settings.firstRetryMs * 2 ** Math.min(tried - 1, 30));
    const retryAtMs = dead ? null : clock.nowMs() + delayMs;
    const reason = cleanText(error instanceof Error ? `${error.name}: ${error.message}` : String(error), 500);
    log.warn({ err: error, item: item.id, attempt: tried, dead }, 'an inbox item failed');
    metrics.count('sentinel_inbox_items_total', { outcome: dead ? 'dead' : 'retry' });
    if (dead) attempts.delete(item.id);
    await giveBack(item, retryAtMs, reason);
    return retryAtMs;
  }

  /** When even this cannot be written, the lease runs out and the item comes back by itself. */
  async function giveBack(item: TakenItem, retryAtMs: number | null, reason: string): Promise<void> {
    try {
      await inbox.failed(item.id, reason, retryAtMs);
    } catch (error) {
      log.error({ err: error, item: item.id }, 'could not give an inbox item back; its lease will run out');
    }
  }

  const loop = createLoop({
    once: async () => (await drainOnce()) > 0,
    pollMs: settings.pollMs,
    maxBackoffMs: 5_000,
    onError: (error) => log.error({ err: error }, 'could not read the inbox'),
  });

  return {
    start: loop.start,
    wake: loop.wake,
    drainOnce,
    stop: async () => {
      stopping = true;
      await loop.stop();
    },
  };
}

function laneOf(item: InboxItem): string {
  const { environment, service } = item.kind === 'change' ? item.change : item.anomaly.scope;
  return JSON.stringify([environment, service]);
}

async function deliver(item: InboxItem, deps: DispatchDeps): Promise<ItemOutcome> {
  switch (item.kind) {
    case 'change':
      await deps.episodes.rememberChange(item.change);
      return 'change';
    case 'anomaly':
      return item.anomaly.state === 'cleared'
        ? deliverCleared(item.anomaly, deps)
        : deliverFiring(item.anomaly, deps);
  }
}

async function deliverFiring(anomaly: Anomaly, deps: DispatchDeps): Promise<ItemOutcome> {
  // An incident may end between the claim and the signal: then its episode is closed and the next one claimed, once.
  for (let claim = 1; claim <= 2; claim += 1) {
    const assignment = await deps.episodes.assign(anomaly, deps.correlation);
    if (assignment.kind === 'ignored') return 'ignored';
    if ((await deps.starter.observed(assignment.input, anomaly)) === 'signalled') return 'signalled';
    await deps.episodes.abandon(assignment.input.incidentId);
  }
  throw new Error(`the incidents claimed for anomaly ${anomaly.id} had both ended already`);
}

/** The end of a finding never opens an incident. */
async function deliverCleared(anomaly: Anomaly, deps: DispatchDeps): Promise<ItemOutcome> {
  const assignment = await deps.episodes.assign(anomaly, deps.correlation);
  if (assignment.kind === 'ignored') return 'ignored';
  const { incidentId } = assignment.input;
  const clearedMs = anomaly.clearedMs ?? anomaly.detectedMs;
  if ((await deps.starter.cleared(incidentId, anomaly.id, clearedMs)) === 'signalled') return 'signalled';
  await deps.episodes.abandon(incidentId);
  return 'ignored';
}
