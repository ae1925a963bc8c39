// The service fails by its own doing, and neither a change nor a resource says why.

import { changeWeight, type HypothesisTest, locality, withoutShortage } from '../context.ts';
import { explainedFact, inboundFact, ownErrorsFact } from '../facts-calls.ts';
import { changeFact, noChangeFact } from '../facts-resources.ts';
import { onlyOne } from '../instances.ts';
import { thresholds } from '../thresholds.ts';

export const errorBurst: HypothesisTest = (context, suspect) => {
  const { service, signs } = suspect;
  const unseen =
    service.server === null && service.inbound?.errors.up === true && !service.inbound.latency.up;
  if (!signs.ownErrors && !unseen) return null;
  let score = (unseen ? 0.6 : 0.78) * locality(suspect) * (1 - 0.45 * changeWeight(suspect));
  const resource =
    signs.cpu !== null ||
    signs.memory !== null ||
    signs.disk !== null ||
    signs.pool !== null ||
    signs.down ||
    service.replicas.restarts >= thresholds.restarts.loop;
  if (resource) score *= 0.6;
  if (!unseen) score *= 0.85 + 0.15 * signs.strength;
  // Failing under too much demand, or with a failing dependency, is no fault a restart would cure.
  if (signs.outside !== null) score *= 0.5;
  if (signs.surge) score *= 0.5;
  const { share, ...awaits } = withoutShortage(suspect);
  score *= share;
  const changes = [signs.release, signs.config].filter((change) => change !== null);
  return {
    cause: 'error-burst',
    service: service.service,
    instance: onlyOne(service.instances, (one) => one.server?.ownErrors.up === true),
    score,
    reason:
      signs.unheard === null
        ? 'It fails on its own: no change or resource shortage explains it.'
        : 'It fails on its own, and no change explains it; its resources have not been heard since.',
    evidenceFor: [
      unseen ? inboundFact(context, service) : ownErrorsFact(context, service),
      ...(changes.length === 0 ? [noChangeFact(context, service)] : []),
    ],
    evidenceAgainst: [
      ...changes.map((change) => changeFact(context, change)),
      ...(suspect.explainedBy === null ? [] : [explainedFact(context, service, suspect.explainedBy)]),
    ],
    ...awaits,
  };
};
