// One partition of the alerts topic: alerts and changes go to the durable inbox, and that is all there is to wait for.

import type { Inbox, InboxItem } from '../ports.ts';
import { type SiftDeps, sift } from './dead-letters.ts';
import { decodeEvents } from './decode.ts';
import type { Durable, OpenWorker, StreamRecord } from './ports.ts';

export type AlertDeps = SiftDeps & { readonly inbox: Pick<Inbox, 'put'>; readonly wake: () => void };

export const alertPartition =
  (deps: AlertDeps): OpenWorker =>
  async (position) => {
    let done: Durable | null = null;
    /** Records whose dead letters are written, and whose events the inbox has not taken yet. */
    let waiting: { readonly records: readonly StreamRecord[]; readonly items: readonly InboxItem[] } | null =
      null;
    return {
      async take(records) {
        if (waiting === null || !areSame(waiting.records, records)) {
          const sifted = await sift(records, position, decodeEvents, deps);
          waiting = { records, items: sifted.flatMap((one) => one.items) };
        }
        const { items } = waiting;
        const accepted = items.length === 0 ? 0 : await deps.inbox.put(items);
        waiting = null;
        if (accepted > 0) deps.wake();
        deps.metrics.count('sentinel_ingest_events_total', { outcome: 'accepted' }, accepted);
        deps.metrics.count('sentinel_ingest_events_total', { outcome: 'duplicate' }, items.length - accepted);
        const last = records.at(-1);
        if (last !== undefined) done = { nextOffset: last.offset + 1n, metadata: '' };
      },
      tick: async () => {},
      durable() {
        const result = done;
        done = null;
        return result;
      },
    };
  };

function areSame(some: readonly StreamRecord[], others: readonly StreamRecord[]): boolean {
  return (
    some.length === others.length &&
    some.every(
      ({ offset, timestampMs }, index) =>
        offset === others[index]?.offset && timestampMs === others[index]?.timestampMs,
    )
  );
}
