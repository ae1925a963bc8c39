// Findings that are described alike: the last thing correlation asks, and only of an alert that would open an incident of its own. A
// likeness of words is where to look; what decides is that the subjects agree and nothing contradicts (shared-subject.ts).

import type { Anomaly } from '../detection/anomaly.ts';
import { cosine } from '../memory/cosine.ts';
import { differInMeaning } from '../memory/description.ts';
import type { Recalled, Vector } from '../memory/port.ts';
import { openedFor } from '../memory/remember.ts';
import type { AlikeConfig } from './alike-config.ts';
import type { OpenEpisode } from './correlate.ts';
import type { Why } from './join-reasons.ts';
import type { ServiceGraph } from './service-graph.ts';
import { sharedSubject } from './shared-subject.ts';

/** What a memory answered about a finding: open incidents that are described like it. Null vector: it could not be asked. */
export type Likeness = { readonly vector: Vector | null; readonly open: readonly Recalled[] };

/** Alerts only: what Sentinel measured itself goes by service and service graph, because it is acted upon. */
export function mayBeAlike({ detector, state, severity }: Anomaly): boolean {
  return detector === 'external' && state === 'firing' && severity !== 'info';
}

/** An incident that was opened for one finding, as another one sees it. */
export function alikeIn(
  opened: Anomaly,
  incidentId: string,
  its: Vector | null,
  vector: Vector | null,
): Recalled[] {
  const incident = openedFor(opened, incidentId);
  if (incident === null || its === null || vector === null) return [];
  return [{ similarity: cosine(its, vector), incident }];
}

/** The open incident that the alert joins, the most alike first; null: none. */
export function findAlike(
  anomaly: Anomaly,
  recalled: readonly Recalled[],
  open: readonly OpenEpisode[],
  graph: ServiceGraph,
  { windowMs, similarity: least }: AlikeConfig,
): (Why & { readonly incidentId: string }) | null {
  const own = openedFor(anomaly, '');
  if (own === null) return null;
  const byLikeness = recalled.toSorted(
    (one, other) =>
      other.similarity - one.similarity || (one.incident.incidentId < other.incident.incidentId ? -1 : 1),
  );
  for (const { similarity, incident } of byLikeness) {
    const episode = open.find(({ incidentId }) => incidentId === incident.incidentId);
    if (episode === undefined || similarity < least || incident.environment !== own.environment) continue;
    const farMs = Math.max(episode.openedAtMs - anomaly.onsetMs, anomaly.onsetMs - episode.lastAnomalyMs);
    if (farMs > windowMs || differInMeaning(own.description, incident.description)) continue;
    const subject = sharedSubject(own, incident, graph);
    if (subject === null) continue;
    const why = `described alike (${similarity.toFixed(2)}), and ${subject}`;
    return { incidentId: incident.incidentId, reason: 'alike', why };
  }
  return null;
}
