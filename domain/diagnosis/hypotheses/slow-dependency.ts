// The service suffers from somebody outside whom it calls: nothing inside can be repaired.

import { changeWeight, type HypothesisTest } from '../context.ts';
import { explainedBy } from '../explained.ts';
import { edgeFact, noOwnTroubleFact, trafficFact } from '../facts-calls.ts';
import { changeFact, cpuFact, memoryFact } from '../facts-resources.ts';

export const slowDependency: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const edge = signs.outside;
  if (edge === null) return null;
  let score = (edge.stats.latency.up ? 0.9 : 0.82) * explainedBy(context, service, edge);
  // A process that stalls measures every call it makes as slow, whoever answers it.
  if (signs.cpu !== null) score *= 0.45;
  if (signs.memory?.critical === true) score *= 0.5;
  if (edge.instancesUsing > 1 && edge.instancesDegraded * 2 < edge.instancesUsing) score *= 0.45;
  if (stallsToo(context, suspect)) score *= 0.6;
  if (signs.surge) score *= 0.8;
  // A wrong setting makes a healthy dependency fail at once rather than slow.
  const weight = changeWeight(suspect);
  score *= 1 - (edge.stats.latency.up ? 0.1 : 0.35) * weight ** 2;
  const own = signs.ownErrors || signs.selfTime;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  return {
    cause: 'slow-dependency',
    service: service.service,
    score,
    reason: 'An external dependency is slow or failing; nothing here can fix it.',
    evidenceFor: [edgeFact(context, service, edge), ...(own ? [] : [noOwnTroubleFact(context, service)])],
    evidenceAgainst: [
      ...(signs.cpu === null ? [] : [cpuFact(context, service, signs.cpu)]),
      ...(signs.memory === null ? [] : [memoryFact(context, service, signs.memory)]),
      ...(signs.surge ? [trafficFact(context, service)] : []),
      ...changes.map((change) => changeFact(context, change)),
    ],
  };
};

/** Calls to healthy services inside look slow from here as well: the slowness is at this end. */
function stallsToo(
  { features }: Parameters<HypothesisTest>[0],
  { service }: Parameters<HypothesisTest>[1],
): boolean {
  return service.outbound.some(({ peer, outside, stats }) => {
    const callee = features.services.get(peer)?.server;
    return !outside && stats.latency.up && callee !== null && callee !== undefined && !callee.latency.up;
  });
}
