// Which open episode an anomaly belongs to: same environment, neighbouring scope, close in time.

import { z } from 'zod';
import type { Anomaly } from '../detection/anomaly.ts';
import { alikeConfigSchema } from './alike-config.ts';
import { crowdOf, type MarkKind } from './marks.ts';

const crowd = (kind: MarkKind, what: string) =>
  z
    .int()
    .min(0)
    .max(10_000)
    .default(crowdOf[kind])
    .describe(`Alerts within \`windowMs\` are one incident when so many services ${what}. 0: never.`);

export const correlationConfigSchema = z.strictObject({
  windowMs: z
    .int()
    .min(1_000)
    .max(3_600_000)
    .default(120_000)
    .describe(
      "An anomaly joins an open incident if it began within this time of the incident's latest anomaly.",
    ),
  /** Two: a caller, its callee, and the callee's. */
  maxHops: z
    .int()
    .min(0)
    .max(10)
    .default(2)
    .describe('Maximum distance, in calls of the service graph, between two services in one incident.'),
  crowds: z
    .strictObject({
      node: crowd('node', 'run on one node'),
      text: crowd('text', 'have the same alert'),
      release: crowd('release', 'have alerts with the same release label'),
      zone: crowd('zone', 'are in one zone'),
    })
    .prefault({})
    .describe('When alerts of several services are one incident although no known calls connect them.'),
  semantic: alikeConfigSchema,
});
type Settings = Readonly<z.infer<typeof correlationConfigSchema>>;
/** Without `crowds` only the service graph says what belongs together. */
export type CorrelationConfig = Omit<Settings, 'crowds' | 'semantic'> &
  Partial<Pick<Settings, 'crowds' | 'semantic'>>;

export type OpenEpisode = {
  readonly incidentId: string;
  readonly environment: string;
  readonly services: readonly string[];
  readonly openedAtMs: number;
  readonly lastAnomalyMs: number;
  /** A person has it: Sentinel will do nothing more about what joins it. */
  readonly handedOver: boolean;
};

/**
 * The open episode this anomaly joins (the most recently active one that fits), or null when it needs its own. What a person
 * has in hand takes in further alerts of the same moment (one outage fires many), and no measured symptom: that one may be
 * something else, which Sentinel can explain and mend. `near`: the services around its own.
 */
export function findEpisode(
  anomaly: Anomaly,
  open: readonly OpenEpisode[],
  near: ReadonlySet<string>,
  config: Pick<CorrelationConfig, 'windowMs'>,
): OpenEpisode | null {
  let best: OpenEpisode | null = null;
  for (const episode of open) {
    if (episode.environment !== anomaly.scope.environment) continue;
    if (!episode.services.some((service) => near.has(service))) continue;
    const farMs = Math.max(episode.openedAtMs - anomaly.onsetMs, anomaly.onsetMs - episode.lastAnomalyMs);
    const sameService = episode.services.includes(anomaly.scope.service);
    const anyTime = sameService && !episode.handedOver;
    if (farMs > config.windowMs && !anyTime) continue;
    if (episode.handedOver && anomaly.detector !== 'external') continue;
    if (best === null || episode.lastAnomalyMs > best.lastAnomalyMs) best = episode;
  }
  return best;
}
