// Memory rises steadily towards the limit, or was at the limit when the process was killed.

import { changeWeight, type HypothesisTest } from '../context.ts';
import { trafficFact } from '../facts-calls.ts';
import { changeFact, memoryFact, restartsFact } from '../facts-resources.ts';

export const memoryLeak: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const { memory } = signs;
  if (memory === null) return null;
  let score = memory.critical ? 0.93 : 0.84;
  // More requests in flight need more memory; that is demand, not a leak.
  if (signs.surge) score *= 0.6;
  score *= 1 - 0.25 * changeWeight(suspect) ** 2;
  const only = memory.instances.length === 1 && memory.of > 1 ? memory.instances[0] : null;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  return {
    cause: 'memory-leak',
    service: service.service,
    instance: only ?? null,
    score,
    reason: 'Its memory grows steadily towards the limit.',
    evidenceFor: [
      memoryFact(context, service, memory),
      ...(service.replicas.restarts > 0 ? [restartsFact(context, service)] : []),
    ],
    evidenceAgainst: [
      ...(signs.surge ? [trafficFact(context, service)] : []),
      ...changes.map((change) => changeFact(context, change)),
    ],
  };
};
