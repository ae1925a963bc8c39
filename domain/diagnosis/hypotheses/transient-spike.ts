// The symptoms are measurably over by themselves, and nothing is left that would bring them back.

import type { CallStats, Rise } from '../call-stats.ts';
import type { Context, HypothesisTest } from '../context.ts';
import { backToNormalFact } from '../facts-calls.ts';
import type { Signs } from '../signs.ts';
import { thresholds } from '../thresholds.ts';

export const transientSpike: HypothesisTest = (context, { service, signs, explainedBy }) => {
  const { server, inbound, outbound } = service;
  const felt = [server, inbound].flatMap(rises).some(({ up }) => up);
  if (!felt || !isOver(context)) return null;
  const outside = outbound.some((edge) => edge.outside && rises(edge.stats).some(({ up }) => up));
  const own = server !== null && (server.ownErrors.up || server.selfTime.up);
  return {
    cause: 'transient-spike',
    service: service.service,
    score: (own || outside ? 0.85 + 0.1 * signs.strength : 0.8) * (explainedBy === null ? 1 : 0.8),
    reason: 'It was disturbed briefly and has returned to normal by itself.',
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
    for (const rise of [service.server, service.inbound].flatMap(rises)) {
      if (!rise.up) continue;
      if (!rise.gone) return false;
      rose = true;
    }
    // One instance or edge has too few calls to prove that it is well; it must not be seen to be ill.
    const parts = [
      ...service.outbound.map(({ stats }) => stats),
      ...service.instances.map(({ server, present }) => (present ? server : null)),
    ];
    if (parts.flatMap(rises).some(({ recently, gone }) => recently && !gone)) return false;
  }
  return rose;
}

function rises(stats: CallStats | null): readonly Rise[] {
  return stats === null ? [] : [stats.errors, stats.ownErrors, stats.latency, stats.selfTime];
}

function lasts(signs: Signs): boolean {
  return (
    signs.cpu !== null ||
    signs.memory !== null ||
    signs.disk !== null ||
    signs.pool !== null ||
    signs.silence !== null ||
    signs.down
  );
}
