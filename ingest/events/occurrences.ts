// Reports of alerts as inbox items: each is about an occurrence, whose number is part of the id of its anomaly. A firing
// and its resolution have the same one; a repetition is the same item.

import { type KnownAlert, occurrenceOf } from '../../domain/correlation/occurrence.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { InboxItem } from '../ports.ts';
import { anomalyItem } from './items.ts';

export type RememberedAlert = KnownAlert & {
  readonly anomaly: Anomaly;
  /** Who told of it; null where that was not kept. */
  readonly source: string | null;
};

export type SettledReports = {
  /** In the order of their reports; without those that say nothing new of what fires now. */
  readonly items: readonly InboxItem[];
  /** What was known already, or is about an occurrence that is over, as the item that told it first. */
  readonly absorbed: readonly InboxItem[];
  /** Anomalies that these reports begin: nothing can be known of them yet. */
  readonly begun: readonly string[];
  /** Alerts as they are now, by key. */
  readonly alerts: ReadonlyMap<string, RememberedAlert>;
};

/** Keys of the alerts these items report; sorted, so that all who lock them do it in one order. */
export function reportedKeys(items: readonly InboxItem[]): readonly string[] {
  const keys = items.flatMap((item) => (item.kind === 'anomaly' && item.report ? [item.report.key] : []));
  return [...new Set(keys)].toSorted();
}

/** Pure. Items that report no alert stay what they are. */
export function settleReports(
  items: readonly InboxItem[],
  known: ReadonlyMap<string, RememberedAlert>,
  nowMs: number,
): SettledReports {
  const alerts = new Map(known);
  const absorbed: InboxItem[] = [];
  const begun: string[] = [];
  const settled = items.flatMap((item): readonly InboxItem[] => {
    if (item.kind !== 'anomaly' || item.report === undefined) return [item];
    const before = alerts.get(item.report.key) ?? null;
    const { kind, alert } = occurrenceOf(before, item.report, nowMs);
    const { state, clearedMs, detectedMs } = item.anomaly;
    const what =
      item.report.asItFired && before !== null
        ? { ...before.anomaly, state, clearedMs: Math.max(clearedMs ?? detectedMs, before.anomaly.onsetMs) }
        : item.anomaly;
    const anomaly = { ...what, id: `${item.anomaly.id}-${alert.occurrence}` };
    const news = kind === 'begins' || kind === 'ends';
    alerts.set(item.report.key, {
      ...alert,
      anomaly: news || before === null ? anomaly : before.anomaly,
      source: item.report.source ?? before?.source ?? null,
    });
    // A repetition of what fires goes on: its incident may have been closed meanwhile.
    const goesOn = kind === 'repeat' && anomaly.state === 'firing' && alert.state === 'firing';
    const { eventId } = item;
    const known = { ...anomalyItem(anomaly), ...(eventId === undefined ? {} : { eventId }) };
    if (kind === 'begins') begun.push(anomaly.id);
    if (news || goesOn) return [known];
    absorbed.push(known);
    return [];
  });
  return { items: settled, absorbed, begun, alerts };
}
