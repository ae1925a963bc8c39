// What a watched system says beside its telemetry, on its way into the durable inbox: changes as they are, and alerts, of which
// it tells only that they fire. Where each begins and ends is found here, from what was told before: in memory, and after a
// start from the store. So a process that dies between two questions leaves no alert firing for ever.

import type { AlertEvent, ChangeEvent } from '../domain/observation.ts';
import type { Severity } from '../domain/scope.ts';
import { reportItem } from './events/items.ts';
import type { FiringAlert, FiringAlerts, Inbox, InboxItem, Logger, Metrics } from './ports.ts';

export type WatchedEventsDeps = {
  readonly inbox: Pick<Inbox, 'put'>;
  readonly firing: FiringAlerts;
  /** Something new is in the inbox. */
  readonly wake: () => void;
  readonly metrics: Metrics;
  readonly log: Logger;
};

export type WatchedEvents = {
  /** `alerts`: all that fire now; null where the system tells none. Never throws: what could not be stored goes with the next call. */
  tell(
    environment: string,
    source: string,
    changes: readonly ChangeEvent[],
    alerts: readonly AlertEvent[] | null,
    nowMs: number,
  ): Promise<void>;
};

/** An alert is over when it has been away for so long: a container in a crash loop runs for moments, too. */
export const overAfterMs = 60_000;
/** Of one environment of one system; graver ones first. */
const maxFiring = 1_000;
/** Changes and reports kept while the inbox is away. */
const maxWaiting = 10_000;

/** `awaySinceMs`: since when it does not fire any more; null while it does. */
type Known = FiringAlert & { awaySinceMs: number | null };

export function createWatchedEvents({ inbox, firing, wake, metrics, log }: WatchedEventsDeps): WatchedEvents {
  const levels = new Map<string, Map<string, Known>>();
  const waiting = new Map<string, InboxItem>();

  async function levelOf(environment: string, source: string): Promise<Map<string, Known>> {
    const place = JSON.stringify([environment, source]);
    let level = levels.get(place);
    if (level === undefined) {
      const stored = await firing.firing(environment, source);
      level = new Map(stored.map((one) => [one.key, { ...one, awaySinceMs: null }]));
      levels.set(place, level);
    }
    return level;
  }

  function wait(item: InboxItem): void {
    // What was told of the same thing before stands behind what is told now.
    waiting.delete(item.id);
    waiting.set(item.id, item);
    const [oldest] = waiting.keys();
    if (waiting.size <= maxWaiting || oldest === undefined) return;
    waiting.delete(oldest);
    metrics.count('sentinel_watched_events_dropped_total', { reason: 'inbox-away' });
  }

  function compare(level: Map<string, Known>, alerts: readonly AlertEvent[], nowMs: number): void {
    const reports = alerts.map((alert) => ({ alert, item: firingItem(alert, nowMs) }));
    const told = new Set<string>();
    for (const { item } of mostTelling(reports, level)) {
      const { key } = item.report;
      told.add(key);
      const known = level.get(key);
      if (known !== undefined) {
        known.awaySinceMs = null;
        continue;
      }
      level.set(key, { key, anomaly: item.anomaly, awaySinceMs: null });
      wait(item);
    }
    const dropped = reports.length - told.size;
    if (dropped > 0) metrics.count('sentinel_watched_events_dropped_total', { reason: 'too-many' }, dropped);
    for (const [key, known] of level) {
      if (told.has(key)) continue;
      // Also after our clock was set back.
      known.awaySinceMs = Math.min(known.awaySinceMs ?? nowMs, nowMs);
      if (nowMs - known.awaySinceMs < overAfterMs) continue;
      level.delete(key);
      wait(resolvedItem(known, known.awaySinceMs));
    }
  }

  return {
    async tell(environment, source, changes, alerts, nowMs) {
      for (const change of changes) wait(changeItem(change));
      try {
        if (alerts !== null) compare(await levelOf(environment, source), alerts, nowMs);
        if (waiting.size === 0) return;
        const sending = [...waiting.values()];
        await inbox.put(sending);
        for (const item of sending) if (waiting.get(item.id) === item) waiting.delete(item.id);
        wake();
      } catch (error) {
        log.warn(
          { err: error, source, events: waiting.size },
          'could not store what a watched system tells; will try again',
        );
      }
    },
  };
}

type Report = Extract<InboxItem, { kind: 'anomaly' }> & {
  readonly report: NonNullable<Extract<InboxItem, { kind: 'anomaly' }>['report']>;
};

function firingItem(alert: AlertEvent, nowMs: number): Report {
  const about = { startsAtMs: alert.atMs, endsAtMs: null, once: false, place: null };
  const item = reportItem({ ...alert, status: 'firing' }, nowMs, about);
  if (item.kind !== 'anomaly' || item.report === undefined)
    throw new Error(`alert ${alert.id} did not become a report`);
  return { ...item, report: item.report };
}

function resolvedItem({ key, anomaly }: FiringAlert, endsAtMs: number): InboxItem {
  const clearedMs = Math.max(endsAtMs, anomaly.onsetMs);
  return {
    id: `report/${key}/resolved`,
    kind: 'anomaly',
    anomaly: { ...anomaly, id: key, state: 'cleared', clearedMs },
    report: { key, state: 'resolved', startsAtMs: null, endsAtMs, once: false, place: null },
  };
}

function changeItem(change: ChangeEvent): InboxItem {
  const { environment, id } = change;
  return { id: `change/${encodeURIComponent(environment)}/${id}`, kind: 'change', change, eventId: id };
}

const ranks: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };

/** What is known already comes first: one that has no room any more would look as if it were over. */
function mostTelling(
  reports: readonly { readonly alert: AlertEvent; readonly item: Report }[],
  level: ReadonlyMap<string, Known>,
): typeof reports {
  if (reports.length <= maxFiring) return reports;
  const rank = ({ alert, item }: (typeof reports)[number]) =>
    level.has(item.report.key) ? -1 : ranks[alert.severity];
  return reports.toSorted((left, right) => rank(left) - rank(right)).slice(0, maxFiring);
}
