// The service works, only its telemetry is missing. Nothing to repair by acting on the service.

import { anyTrouble, type HypothesisTest } from '../context.ts';
import { inboundFact, silenceFact } from '../facts-calls.ts';
import { aliveFact } from '../facts-resources.ts';

export const telemetryGap: HypothesisTest = (context, { service, signs }) => {
  const { silence } = signs;
  if (silence === null || silence.kind === 'hang' || signs.down) return null;
  let score = silence.kind === 'gap' ? 0.9 : 0.42;
  // With real trouble somewhere, missing telemetry is a side effect rather than the story.
  if (anyTrouble(context)) score *= 0.6;
  return {
    cause: 'telemetry-gap',
    service: service.service,
    instance: silence.instance,
    score,
    reason: 'It sends no telemetry, but it still works: only the telemetry is missing.',
    evidenceFor: [
      silenceFact(context, service, silence),
      ...(service.inbound === null ? [] : [inboundFact(context, service)]),
      ...(service.resources.instances.length > 0 ? [aliveFact(context, service)] : []),
    ],
    evidenceAgainst: [],
  };
};
