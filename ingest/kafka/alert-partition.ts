// One partition of the alerts topic: alerts and changes go to the durable inbox, and that is all there is to wait for.

import type { Inbox } from '../ports.ts';
import { type SiftDeps, sifting } from './dead-letters.ts';
import { decodeEvents } from './decode.ts';
import type { Durable, OpenWorker } from './ports.ts';

export type AlertDeps = SiftDeps & { readonly inbox: Pick<Inbox, 'put'>; readonly wake: () => void };

export const alertPartition =
  (deps: AlertDeps): OpenWorker =>
  async (position) => {
    const sifted = sifting(decodeEvents, deps);
    let done: Durable | null = null;
    return {
      async take(records) {
        const items = (await sifted(records, position)).flatMap((one) => one.items);
        const accepted = items.length === 0 ? 0 : await deps.inbox.put(items);
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
