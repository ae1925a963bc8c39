// Puts ended incidents into the memory, from the record: one that was away, or is new, catches up. Any process may do it; the same
// incident twice is the same.

import type { EndedIncidents, KeptEmbeddings } from '../../adapters/postgres/index.ts';
import type { Embedder, IncidentMemory, Memory } from '../../domain/memory/port.ts';
import { ended } from '../../domain/memory/remember.ts';
import { createLoop, type Loop } from '../../ingest/loop.ts';
import type { Logger } from '../../ingest/ports.ts';

const pollMs = 5_000;
const maxBackoffMs = 60_000;
const atOnce = 20;
const forgetEveryMs = 3_600_000;
/** Vectors of texts that nobody asked for in so long are made anew. */
const embeddings = { most: 20_000, forMs: 90 * 86_400_000 } as const;

export type KeeperDeps = {
  readonly memory: IncidentMemory;
  readonly embedder: Embedder;
  readonly ended: EndedIncidents;
  readonly embeddings: Pick<KeptEmbeddings, 'prune'>;
  readonly keepMs: number;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'warn'>;
};

export type Keeper = Loop & {
  /** Remembers some; returns how many were looked at. */
  keepOnce(): Promise<number>;
};

export function createKeeper(deps: KeeperDeps): Keeper {
  const { memory, embedder, ended: record, keepMs, nowMs, log } = deps;
  let forgottenMs = Number.NEGATIVE_INFINITY;

  async function keepOnce(): Promise<number> {
    const found = await record.missingIn(memory.name, nowMs() - keepMs, atOnce);
    const incidents = found.flatMap(({ state, timeline }) => ended(state, timeline) ?? []);
    const vectors =
      incidents.length === 0 ? [] : await embedder.embed(incidents.map(({ description }) => description));
    const memories = incidents.map((incident, at): Memory => ({ incident, vector: vectors[at] ?? [] }));
    if (memories.length > 0) await memory.remember(memories);
    await record.noted(
      memory.name,
      found.map(({ state }) => state.incidentId),
    );
    return found.length;
  }

  async function forget(): Promise<void> {
    if (nowMs() - forgottenMs < forgetEveryMs) return;
    forgottenMs = nowMs();
    const beforeMs = nowMs() - keepMs;
    await memory.forget(beforeMs);
    await record.forget(memory.name, beforeMs);
    await deps.embeddings.prune(embeddings.most, embeddings.forMs);
  }

  const loop = createLoop({
    async once() {
      const count = await keepOnce();
      if (count > 0) return true;
      await forget();
      return false;
    },
    pollMs,
    maxBackoffMs,
    onError: (error) => log.warn({ err: error }, 'ended incidents could not be remembered; they will be'),
  });
  return { ...loop, keepOnce };
}
