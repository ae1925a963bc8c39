// The symptoms are measurably over by themselves, and nothing is left that would bring them back.

import type { CallStats, Rise } from '../call-stats.ts';
import { type Context, type HypothesisTest, usersSuffer } from '../context.ts';
import { backToNormalFact } from '../facts-calls.ts';
import type { Signs } from '../signs.ts';
import { thresholds } from '../thresholds.ts';

export const transientSpike: HypothesisTest = (context, { service, signs, explainedBy }) => {
  const felt = usersSuffer(service) || signs.ownErrors || signs.selfTime;
  if (!felt || !isOver(context)) return null;
  return {
    cause: 'transient-spike',
    service: service.service,
    score:
      (signs.ownErrors || signs.selfTime || signs.outside !== null ? 0.95 : 0.85) *
      (explainedBy === null ? 1 : 0.8),
    reason: 'It was disturbed for a moment and is back to normal by itself.',
    evidenceFor: [backToNormalFact(context, service)],
    evidenceAgainst: [],
  };
};

/** Every symptom that rose is shown to be gone, and no lasting sign is left anywhere. */
export function isOver({ features, signs }: Pick<Context, 'features' | 'signs'>): boolean {
  let rose = false;
  for (const service of features.services.values()) {
    const its = signs.get(service.service);
    if (its !== undefined && lasts(its)) return false;
    if (service.replicas.restarts >= thresholds.restarts.loop) return false;
    const views: readonly (CallStats | null)[] = [
      service.server,
      service.inbound,
      ...service.outbound.map(({ stats }) => stats),
      ...service.instances.map(({ server, present }) => (present ? server : null)),
    ];
    for (const rise of views.flatMap((view) => (view === null ? [] : rises(view)))) {
      if (!rise.up) continue;
      if (!rise.gone) return false;
      rose = true;
    }
  }
  return rose;
}

function rises({ errors, ownErrors, latency, selfTime }: CallStats): readonly Rise[] {
  return [errors, ownErrors, latency, selfTime];
}

function lasts(signs: Signs): boolean {
  return (
    signs.cpu !== null ||
    signs.memory !== null ||
    signs.disk !== null ||
    signs.pool !== null ||
    signs.silence?.kind === 'hang' ||
    signs.down
  );
}
