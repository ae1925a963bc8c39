// All connections of a pool are taken and requests wait, though what is behind the pool answers as fast as ever.

import { changeWeight, type HypothesisTest, usersSuffer } from '../context.ts';
import { explainedBy } from '../explained.ts';
import { edgeFact, ownErrorsFact, trafficFact } from '../facts-calls.ts';
import { changeFact, poolFact } from '../facts-resources.ts';
import { thresholds } from '../thresholds.ts';

export const poolExhaustion: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const { pool } = signs;
  if (pool === null) return null;
  const felt = signs.ownErrors || signs.selfTime || usersSuffer(service);
  let score = felt ? 0.9 : 0.76;
  // Behind a slow dependency every pool fills up: then that is the cause, as far as it explains the delay.
  if (signs.outside?.stats.latency.up === true) score *= 1 - 0.6 * blame(context, service, signs.outside);
  if (signs.surge) score *= 0.55;
  if (signs.cpu !== null) score *= 0.8;
  if (signs.memory?.critical === true) score *= 0.8;
  score *= 1 - (pool.max < pool.maxBefore ? 0.5 : 0.3) * changeWeight(suspect) ** 2;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  const only = pool.instances.length === 1 && pool.of > 1 ? pool.instances[0] : null;
  return {
    cause: 'pool-exhaustion',
    service: service.service,
    instance: only ?? null,
    score,
    reason: 'All pooled connections are in use, although what they connect to answers as before.',
    evidenceFor: [
      poolFact(context, service, pool),
      ...(signs.ownErrors ? [ownErrorsFact(context, service)] : []),
    ],
    evidenceAgainst: [
      ...(signs.outside === null ? [] : [edgeFact(context, service, signs.outside)]),
      ...(signs.surge ? [trafficFact(context, service)] : []),
      ...changes.map((change) => changeFact(context, change)),
    ],
  };
};

/** 0..1, without the part that every degraded call keeps. */
function blame(...given: Parameters<typeof explainedBy>): number {
  const { idle } = thresholds.dependency;
  return (explainedBy(...given) - idle) / (1 - idle);
}
