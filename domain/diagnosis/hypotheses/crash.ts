// Replicas exited and stay down; or, seen only from outside, connections are refused at once.

import type { HypothesisTest } from '../context.ts';
import { inboundFact, silenceFact } from '../facts-calls.ts';
import { downFact, restartsFact } from '../facts-resources.ts';
import { thresholds } from '../thresholds.ts';

export const crash: HypothesisTest = (context, { service, signs }) => {
  const { replicas, inbound } = service;
  const { silence } = signs;
  if (!signs.down) {
    const unseen = service.target === null && replicas.running === null;
    const refused = inbound?.errors.up === true && !inbound.latency.up;
    if (!unseen || silence?.kind !== 'hang' || !refused) return null;
    return {
      cause: 'crash',
      service: service.service,
      instance: silence.instance,
      score: 0.65,
      reason: 'It sends no telemetry, and its callers are refused at once.',
      evidenceFor: [silenceFact(context, service, silence), inboundFact(context, service)],
      evidenceAgainst: [],
    };
  }
  let score = 0.92;
  if (replicas.restarts >= thresholds.restarts.loop) score *= 0.5;
  // A process killed at its memory limit is down as well; the leak is what made it so.
  if (signs.memory?.critical === true) score *= 0.65;
  const only = replicas.exited.length === 1 && (replicas.running ?? 0) > 0 ? replicas.exited[0] : null;
  return {
    cause: 'crash',
    service: service.service,
    instance: only ?? null,
    score,
    reason: 'Replicas have exited and were not replaced.',
    evidenceFor: [
      downFact(context, service),
      ...(inbound?.errors.up === true ? [inboundFact(context, service)] : []),
    ],
    evidenceAgainst: replicas.restarts >= thresholds.restarts.loop ? [restartsFact(context, service)] : [],
  };
};
