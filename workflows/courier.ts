// Messages to people, as runs from before `changes.ts` sent them: replayed, and nothing else. People are told from the
// record (api/notifications). Goes with the histories that need it.

import { CancellationScope, condition, log } from '@temporalio/workflow';
import { replayed } from './proxies.ts';

export type MessageKind = 'opened' | 'approval' | 'escalated' | 'closed';

export type Courier = {
  send(kind: MessageKind, text: string): void;
  /** Resolves when every message was sent or given up. */
  idle(): Promise<void>;
};

export function createCourier(incidentId: string, fromBefore: boolean): Courier {
  let underway = 0;

  async function deliver(kind: MessageKind, text: string): Promise<void> {
    try {
      await replayed.notify.executeWithOptions({ summary: `tell people: ${kind}` }, [
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
      if (!fromBefore) return;
      underway += 1;
      void CancellationScope.nonCancellable(() => deliver(kind, text));
    },
    idle: () => condition(() => underway === 0),
  };
}
