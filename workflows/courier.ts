// Messages to people, beside the main loop: nobody waits for one, and one that cannot be sent changes nothing.

import { CancellationScope, condition, log } from '@temporalio/workflow';
import type { Activities } from '../activities/types.ts';
import { bestEffort } from './proxies.ts';

export type MessageKind = Parameters<Activities['notify']>[0]['kind'];

export type Courier = {
  send(kind: MessageKind, text: string): void;
  /** Resolves when every message was sent or given up. */
  idle(): Promise<void>;
};

export function createCourier(incidentId: string): Courier {
  let underway = 0;

  async function deliver(kind: MessageKind, text: string): Promise<void> {
    try {
      await bestEffort.notify.executeWithOptions({ summary: `tell people: ${kind}` }, [
        { incidentId, kind, text },
      ]);
    } catch (error) {
      log.warn('people could not be told', { incidentId, kind, error: String(error) });
    } finally {
      underway -= 1;
    }
  }

  return {
    send(kind, text) {
      underway += 1;
      void CancellationScope.nonCancellable(() => deliver(kind, text));
    },
    idle: () => condition(() => underway === 0),
  };
}
