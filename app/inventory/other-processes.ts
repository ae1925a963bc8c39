// The other processes of this installation: each says where it runs, and knows of all the others before it acts on anything.

import { randomUUID } from 'node:crypto';
import type { OwnProcesses } from '../../adapters/postgres/own-processes.ts';
import type { Logger } from '../../api/ports/logger.ts';
import type { OwnPart } from '../../domain/inventory/own-parts.ts';
import { createTicker } from '../../ingest/ticker.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';

const everyMs = 15_000;

export type OtherProcesses = {
  /** As they were when the store was last asked; while it cannot be, nothing of it is forgotten. */
  parts(): readonly OwnPart[];
  /** Resolves when the others are known, and know of this one. Throws when the store cannot be asked. */
  join(
    store: OwnProcesses,
    given: { readonly role: string; readonly own: readonly OwnPart[] },
    log: Pick<Logger, 'warn'>,
    shutdown: Pick<Shutdown, 'add'>,
  ): Promise<void>;
};

export function createOtherProcesses(): OtherProcesses {
  let others: readonly OwnPart[] = [];
  return {
    parts: () => others,
    async join(store, { role, own }, log, shutdown) {
      const processId = randomUUID();
      const parts = own.map((part) => ({ ...part, is: `its process of role ${role}` }));
      const meet = async (): Promise<void> => {
        await store.report(processId, role, parts);
        others = await store.others(processId);
      };
      await meet();
      const ticker = createTicker(everyMs, meet, (error) =>
        log.warn({ err: error }, 'where the other processes of Sentinel run could not be asked'),
      );
      ticker.start();
      shutdown.add('other processes', async () => {
        await ticker.stop();
        await store.withdraw(processId);
      });
    },
  };
}
