// Drains the durable inbox: changes are remembered, anomalies reach their incident. At-least-once: an item is `done`
// only after its effect, every effect is idempotent by id, so the process may die between any two lines.

import type { CorrelationConfig } from '../domain/correlation/correlate.ts';
import type { ChangeEvent } from '../domain/observation.ts';
import { createTurns } from '../domain/turns.ts';
import { deliver } from './deliver.ts';
import { createLoop } from './loop.ts';
import type { Clock, Episodes, Inbox, IncidentStarter, Logger, Metrics, TakenItem } from './ports.ts';
import { createRest } from './rest.ts';
import { cleanText } from './text.ts';

export type DispatchSettings = {
  /** Items taken at once, and how long they stay ours; a batch must be through well within its lease. */
  readonly batchSize: number;
  readonly leaseMs: number;
  /** How often to look for items that other processes put or dropped; our own wake us at once. */
  readonly pollMs: number;
  /** Batches worked through at the same time, while more waits than one has. */
  readonly hands: number;
  /** Incidents told at the same time, of each batch. */
  readonly lanes: number;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  readonly maxAttempts: number;
};

/**
 * About five hours of attempts: an outage of Temporal or Postgres must not make dead items. What a process had taken when
 * it was killed waits for the end of the lease, and so does whoever is to hear of it: so the lease is short, and a batch is
 * what takes a second.
 */
export const defaultDispatchSettings: DispatchSettings = {
  batchSize: 128,
  leaseMs: 20_000,
  pollMs: 1_000,
  // While one batch is told, the next one is assigned.
  hands: 2,
  lanes: 8,
  firstRetryMs: 500,
  maxRetryMs: 60_000,
  maxAttempts: 300,
};

export type DispatchDeps = {
  readonly inbox: Omit<Inbox, 'put'>;
  readonly episodes: Pick<Episodes, 'assignAll' | 'abandon' | 'rememberChange'>;
  readonly starter: IncidentStarter;
  readonly correlation: CorrelationConfig;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly settings: DispatchSettings;
};

/** What became of an item of a batch; `returned`: it was not begun, because the process stops. */
type Result = { readonly item: TakenItem } & (
  | { readonly kind: 'change' | 'signalled' | 'returned' }
  | { readonly kind: 'ignored' | 'silenced'; readonly reason: string }
  | { readonly kind: 'failed'; readonly error: unknown }
);

export type Dispatcher = {
  start(): void;
  /** Something new is in the inbox. */
  wake(): void;
  /** Takes and works through one batch; returns how many items it had. Throws when the inbox cannot be read. */
  drainOnce(): Promise<number>;
  /** Ends after what is being worked on; the rest of the batch goes back at once. */
  stop(): Promise<void>;
};

export function createDispatcher(deps: DispatchDeps): Dispatcher {
  const { inbox, clock, metrics, log, settings } = deps;
  /** For stores that do not count attempts. */
  const attempts = new Map<string, number>();
  // Two that take at the same moment would want the same items.
  const inTurn = createTurns(1);
  const rest = createRest();
  let stopping = false;

  async function drainOnce(): Promise<number> {
    const items = await inTurn(take);
    if (items.length >= settings.batchSize) for (const hand of hands) hand.wake();
    const startedMs = clock.nowMs();
    const results = [...(await rememberChanges(items)), ...(await deliverAnomalies(items))];
    const failed = [
      ...results.filter(({ kind }) => kind === 'failed'),
      ...(await finish(results, startedMs)),
    ];
    await giveBack(
      results.filter(({ kind }) => kind === 'returned').map(({ item }) => item),
      clock.nowMs(),
      'the process is stopping',
    );
    await postpone(failed);
    return items.length;
  }

  async function take(): Promise<readonly TakenItem[]> {
    const items = await inbox.take(settings.batchSize, settings.leaseMs, rest.services(clock.nowMs()));
    rest.begin(servicesOf(items));
    return items;
  }

  async function rememberChanges(items: readonly TakenItem[]): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (const item of items) if (item.kind === 'change') results.push(await remember(item, item.change));
    return results;
  }

  async function remember(item: TakenItem, change: ChangeEvent): Promise<Result> {
    if (stopping) return { item, kind: 'returned' };
    try {
      await deps.episodes.rememberChange(change);
      return { item, kind: 'change' };
    } catch (error) {
      return { item, kind: 'failed', error };
    }
  }

  async function deliverAnomalies(items: readonly TakenItem[]): Promise<readonly Result[]> {
    const found = items.flatMap((item) => (item.kind === 'anomaly' ? [item] : []));
    if (stopping || found.length === 0) {
      rest.end(servicesOf(items), 0, clock.nowMs());
      return found.map((item) => ({ item, kind: 'returned' }));
    }
    const anomalies = found.map(({ anomaly }) => anomaly);
    const messages = { count: 0, tookMs: 0 };
    const starter: IncidentStarter = {
      async tell(input, news) {
        const beganMs = clock.nowMs();
        const answer = await deps.starter.tell(input, news);
        messages.count += 1;
        messages.tookMs += clock.nowMs() - beganMs;
        return answer;
      },
    };
    const answers = await deliver(anomalies, { ...deps, starter, lanes: settings.lanes });
    const restMs = rest.end(servicesOf(items), messages.tookMs / Math.max(1, messages.count), clock.nowMs());
    // A timer may be a moment early, and then the rest is not over.
    setTimeout(() => hands[0]?.wake(), restMs + 5).unref();
    return found.map((item, at) => ({ item, ...(answers[at] ?? { kind: 'returned' }) }));
  }

  /** Says in the inbox which items are through; returns those of which it could not be said: they are done again. */
  async function finish(results: readonly Result[], startedMs: number): Promise<readonly Result[]> {
    const through = results.filter(({ kind }) => kind !== 'failed' && kind !== 'returned');
    if (through.length === 0) return [];
    try {
      for (const [reason, alike] of Map.groupBy(through, reasonOf)) {
        const ids = alike.map(({ item }) => item.id);
        await (reason === null ? inbox.done(...ids) : inbox.ignored(ids, reason));
      }
    } catch (error) {
      return through.map(({ item }) => ({ item, kind: 'failed', error }));
    }
    const seconds = (clock.nowMs() - startedMs) / 1_000;
    for (const { item, kind: outcome } of through) {
      attempts.delete(item.id);
      metrics.count('sentinel_inbox_items_total', { outcome });
      metrics.observe('sentinel_inbox_item_seconds', { outcome }, seconds);
    }
    return [];
  }

  /** Each item waits by its own number of attempts; those that wait alike are written together. */
  async function postpone(failed: readonly Result[]): Promise<void> {
    const nowMs = clock.nowMs();
    const postponed = failed.map((result) => {
      const { item } = result;
      const error = result.kind === 'failed' ? result.error : undefined;
      const tried = item.attempts ?? (attempts.get(item.id) ?? 0) + 1;
      const dead = tried >= settings.maxAttempts;
      if (dead) attempts.delete(item.id);
      else attempts.set(item.id, tried);
      log.warn({ err: error, item: item.id, attempt: tried, dead }, 'an inbox item failed');
      metrics.count('sentinel_inbox_items_total', { outcome: dead ? 'dead' : 'retry' });
      const delayMs = Math.min(settings.maxRetryMs, settings.firstRetryMs * 2 ** Math.min(tried - 1, 30));
      const reason = cleanText(
        error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        500,
      );
      return { item, retryAtMs: dead ? null : nowMs + delayMs, reason };
    });
    const alike = Map.groupBy(postponed, ({ retryAtMs, reason }) => JSON.stringify([retryAtMs, reason]));
    for (const ofOne of alike.values()) {
      const [first] = ofOne;
      if (first === undefined) continue;
      const { retryAtMs, reason } = first;
      await giveBack(
        ofOne.map(({ item }) => item),
        retryAtMs,
        reason,
      );
    }
  }

  /** When even this cannot be written, the lease runs out and the items come back by themselves. */
  async function giveBack(
    items: readonly TakenItem[],
    retryAtMs: number | null,
    reason: string,
  ): Promise<void> {
    if (items.length === 0) return;
    const ids = items.map(({ id }) => id);
    try {
      await inbox.failed(ids, reason, retryAtMs);
    } catch (error) {
      log.error({ err: error, items: ids }, 'could not give inbox items back; their lease will run out');
    }
  }

  const hands = Array.from({ length: settings.hands }, (_, index) =>
    createLoop({
      once: async () => (await drainOnce()) > 0,
      // The first one looks; the others come when it has its hands full.
      pollMs: index === 0 ? settings.pollMs : settings.maxRetryMs,
      maxBackoffMs: 5_000,
      onError: (error) => log.error({ err: error }, 'could not read the inbox'),
    }),
  );

  return {
    start: () => {
      for (const hand of hands) hand.start();
    },
    wake: () => hands[0]?.wake(),
    drainOnce,
    stop: async () => {
      stopping = true;
      await Promise.all(hands.map((hand) => hand.stop()));
    },
  };
}

function servicesOf(items: readonly TakenItem[]): ReadonlySet<string> {
  return new Set(items.map((item) => (item.kind === 'change' ? item.change : item.anomaly.scope).service));
}

/** Why it led nowhere; null when it led somewhere. */
function reasonOf(result: Result): string | null {
  return result.kind === 'ignored' || result.kind === 'silenced' ? result.reason : null;
}
