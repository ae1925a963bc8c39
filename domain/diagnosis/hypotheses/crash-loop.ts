// The restart counter climbs again and again.

import { changeWeight, type HypothesisTest } from '../context.ts';
import { changeFact, downFact, memoryFact, noChangeFact, restartsFact } from '../facts-resources.ts';
import { thresholds } from '../thresholds.ts';

/** A change this close (weight) makes one restart look like the first of many. */
const closeChange = 0.8;

export const crashLoop: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const { restarts } = service.replicas;
  const reported = context.input.anomalies.some(
    ({ signal, scope }) => signal === 'restarts' && scope.service === service.service,
  );
  const again = restarts >= thresholds.restarts.loop || (restarts > 0 && reported);
  const beginning = restarts > 0 && signs.down && changeWeight(suspect) >= closeChange;
  if (!again && !beginning) return null;
  const leak = signs.memory?.critical === true ? signs.memory : null;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  return {
    cause: 'crash-loop',
    service: service.service,
    score: (again ? 0.94 : 0.86) * (leak === null ? 1 : 0.5),
    reason: 'It keeps crashing after every start.',
    evidenceFor: [
      restartsFact(context, service),
      ...(signs.down ? [downFact(context, service)] : []),
      ...changes.map((change) => changeFact(context, change)),
      ...(changes.length === 0 ? [noChangeFact(context, service)] : []),
    ],
    evidenceAgainst: leak === null ? [] : [memoryFact(context, service, leak)],
  };
};
