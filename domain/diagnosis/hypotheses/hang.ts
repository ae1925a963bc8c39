// The process is up, but answers nothing, or waits without working.

import type { Context } from '../context.ts';
import {
  changeWeight,
  type Draft,
  type HypothesisTest,
  locality,
  type Suspect,
  slowerTogether,
  withoutShortage,
} from '../context.ts';
import { allSlowerFact, explainedFact, inboundFact, selfTimeFact, silenceFact } from '../facts-calls.ts';
import { aliveFact, cpuFact, idleFact, memoryFact } from '../facts-resources.ts';
import { isIdle } from '../signs-resources.ts';
import { thresholds } from '../thresholds.ts';

export const hang: HypothesisTest = (context, suspect) => {
  const { service, signs, explainedBy } = suspect;
  if (signs.down || service.replicas.running === 0) return null;
  if (signs.silence === null) return withoutSpans(context, suspect) ?? slowWithoutWork(context, suspect);
  if (signs.silence.kind === 'gap') return null;
  const idle = isIdle(service, signs.silence.instance ?? undefined) === true;
  const alive = service.target !== null || service.resources.instances.length > 0;
  const unclear = signs.silence.kind === 'unclear';
  let score = unclear ? 0.42 : alive ? 0.9 : 0.62;
  if (signs.cpu !== null) score *= 0.45;
  if (signs.memory?.critical === true) score *= 0.65;
  if (service.replicas.restarts >= thresholds.restarts.loop) score *= 0.5;
  score *= explainedBy === null ? 1 : 0.7;
  score *= 1 - 0.3 * changeWeight(suspect) ** 2;
  return {
    cause: 'hang',
    service: service.service,
    instance: signs.silence.instance,
    score,
    reason: unclear
      ? 'It is not heard of, and nothing tells whether it still works.'
      : 'Its process runs, but it answers nothing while it is still called.',
    evidenceFor: [
      silenceFact(context, service, signs.silence),
      ...(service.inbound === null ? [] : [inboundFact(context, service)]),
      ...(alive ? [aliveFact(context, service)] : []),
      ...(idle ? [idleFact(context, service)] : []),
    ],
    evidenceAgainst: [
      ...(signs.cpu === null ? [] : [cpuFact(context, service, signs.cpu)]),
      ...(signs.memory === null ? [] : [memoryFact(context, service, signs.memory)]),
      ...(explainedBy === null ? [] : [explainedFact(context, service, explainedBy)]),
    ],
  };
};

/** What is left of one service's where nearly all are slower at once. */
const sharedShare = 0.5;

/** A service that never sends spans is judged by what its callers see. */
function withoutSpans(context: Context, suspect: Suspect): Draft | null {
  const { service, signs } = suspect;
  const { server, inbound } = service;
  if (server !== null || inbound === null || !inbound.errors.up || !inbound.latency.up) return null;
  if (signs.cpu !== null) return null;
  return {
    cause: 'hang',
    service: service.service,
    score: 0.62,
    reason: 'Calls to it time out, and it sends no spans that could say more.',
    evidenceFor: [inboundFact(context, service)],
    evidenceAgainst: [],
  };
}

/** Requests take far longer in the service itself though nothing it needs is short: it waits on itself. */
function slowWithoutWork(context: Context, suspect: Suspect): Draft | null {
  const { service, signs } = suspect;
  const { server, traffic } = service;
  if (!signs.selfTime || signs.cpu !== null || signs.outside !== null || signs.pool !== null) return null;
  if (signs.surge || signs.memory !== null || signs.disk !== null || server === null) return null;
  // Whether demand grew is not known without a past to compare with.
  if (traffic.up || traffic.beforePerSecond === 0) return null;
  const { share, ...awaits } = withoutShortage(suspect);
  const together = slowerTogether(context);
  const certainty =
    share * locality(suspect) * (together > 0 ? sharedShare : 1) * (1 - 0.5 * changeWeight(suspect));
  return {
    cause: 'hang',
    service: service.service,
    score: 0.62 * (0.6 + 0.4 * signs.strength) * certainty,
    reason:
      signs.unheard === null
        ? 'It is much slower itself, without more CPU work, more demand or a slow dependency.'
        : 'It is much slower itself, without more demand or a slow dependency; its resources have not been heard since.',
    evidenceFor: [selfTimeFact(context, service)],
    evidenceAgainst: [
      ...(suspect.explainedBy === null ? [] : [explainedFact(context, service, suspect.explainedBy)]),
      ...(together > 0 ? [allSlowerFact(context, service, together)] : []),
    ],
    ...awaits,
  };
}
