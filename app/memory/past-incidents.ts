// Past incidents like an open one: its description is embedded, and the memory asked for those of its service and those described alike.

import type { PastIncidents } from '../../activities/ports.ts';
import type { Embedder, IncidentMemory } from '../../domain/memory/port.ts';
import { lookOf } from '../../domain/memory/remember.ts';
import { chooseSimilar, similarLimits } from '../../domain/memory/similar.ts';

export function createPastIncidents(
  memory: IncidentMemory,
  embedder: Embedder,
  { keepMs, nowMs }: { readonly keepMs: number; readonly nowMs: () => number },
): PastIncidents {
  return {
    async like({ incidentId, environment, service, anomalies }) {
      const look = lookOf(service, anomalies);
      if (look === null) return [];
      const [vector = []] = await embedder.embed([look.description]);
      const question = {
        environment,
        vector,
        is: 'ended',
        sinceMs: nowMs() - keepMs,
        limit: similarLimits.most + 1,
      } as const;
      const [ofService, ofOthers] = await Promise.all([
        memory.recall({ ...question, service, minSimilarity: similarLimits.sameService }),
        memory.recall({ ...question, minSimilarity: similarLimits.otherServices }),
      ]);
      return chooseSimilar(ofService, ofOthers, incidentId);
    },
  };
}
