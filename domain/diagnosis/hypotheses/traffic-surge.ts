// Demand grew from the entry on, and this is the deepest service that cannot keep up with it.

import { type HypothesisTest, locality, usersSuffer } from '../context.ts';
import {
  edgeFact,
  explainedFact,
  noOwnTroubleFact,
  ownErrorsFact,
  selfTimeFact,
  trafficFact,
} from '../facts-calls.ts';
import { cpuFact, poolFact } from '../facts-resources.ts';

export const trafficSurge: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  if (!signs.surge) return null;
  const overloaded = signs.selfTime || signs.ownErrors || signs.pool !== null || signs.cpu !== null;
  let score = overloaded ? 0.88 : usersSuffer(service) ? 0.4 : 0.3;
  score *= locality(suspect);
  if (signs.outside?.stats.latency.up === true && signs.cpu === null) score *= 0.7;
  if (signs.disk?.critical === true || signs.memory?.critical === true) score *= 0.8;
  return {
    cause: 'traffic-surge',
    service: service.service,
    score,
    reason: 'Demand grew from the entry point on, and this service cannot keep up.',
    evidenceFor: [
      trafficFact(context, service),
      ...(signs.selfTime ? [selfTimeFact(context, service)] : []),
      ...(signs.ownErrors ? [ownErrorsFact(context, service)] : []),
      ...(signs.cpu === null ? [] : [cpuFact(context, service, signs.cpu)]),
      ...(signs.pool === null ? [] : [poolFact(context, service, signs.pool)]),
    ],
    evidenceAgainst: [
      ...(overloaded ? [] : [noOwnTroubleFact(context, service)]),
      ...(signs.outside === null ? [] : [edgeFact(context, service, signs.outside)]),
      ...(suspect.explainedBy === null ? [] : [explainedFact(context, service, suspect.explainedBy)]),
    ],
    figures: { rateRatio: service.traffic.factor },
  };
};
