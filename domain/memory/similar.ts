// Past incidents like one that is open, as evidence: what they were, how they ended, what was tried and what came of it. In names and
// numbers only, so that nothing an alert once said can speak to a model.

import type { Evidence } from '../diagnosis/diagnosis.ts';
import { seconds, shown } from '../diagnosis/names.ts';
import { shortIncidentId } from '../incident/incident-id.ts';
import type { Recalled } from './port.ts';

export const similarLimits = {
  /** So many are shown. */
  most: 5,
  /** Incidents of other services are told of when they were described so much alike. */
  otherServices: 0.8,
  /** The same service has different troubles. */
  sameService: 0.5,
} as const;

/** Those of the service itself first, each once, the most alike first. */
export function chooseSimilar(
  ofService: readonly Recalled[],
  ofOthers: readonly Recalled[],
  incidentId: string,
): readonly Recalled[] {
  const seen = new Set([incidentId]);
  return [...ofService, ...ofOthers]
    .filter(({ incident }) => {
      if (seen.has(incident.incidentId)) return false;
      seen.add(incident.incidentId);
      return incident.end !== null;
    })
    .slice(0, similarLimits.most);
}

/** Ids are `M…`; `M2.1` in a second analysis. */
export function similarEvidence(similar: readonly Recalled[], analysis: number): readonly Evidence[] {
  return similar.map((recalled, index) => ({
    id: analysis === 1 ? `M${index + 1}` : `M${analysis}.${index + 1}`,
    source: 'past incidents',
    provenance: 'memory',
    scope: { environment: recalled.incident.environment, service: recalled.incident.service },
    fromMs: recalled.incident.openedAtMs,
    toMs: recalled.incident.end?.atMs ?? recalled.incident.openedAtMs,
    finding: findingOf(recalled),
    figures: { similarity: rounded(recalled.similarity) },
    incidentId: recalled.incident.incidentId,
  }));
}

/** Of the latest analysis that recalled any. */
export function latestSimilar(
  evidence: readonly Evidence[],
): readonly (Evidence & { readonly incidentId: string })[] {
  const recalled = evidence.flatMap((one) => {
    const { provenance, incidentId } = one;
    return provenance === 'memory' && incidentId !== undefined ? [{ ...one, incidentId }] : [];
  });
  const latest = Math.max(...recalled.map(({ id }) => analysisOf(id)));
  return recalled.filter(({ id }) => analysisOf(id) === latest);
}

function analysisOf(id: string): number {
  const [, analysis] = /^M(\d+)\./.exec(id) ?? [];
  return analysis === undefined ? 1 : Number(analysis);
}

function findingOf({ similarity, incident: { incidentId, service, openedAtMs, end } }: Recalled): string {
  const name = `Incident ${shown(shortIncidentId(incidentId))} of ${shown(service)}`;
  const alike = `described alike (${rounded(similarity).toFixed(2)})`;
  if (end === null) return `${name}, ${alike}, is open.`;
  const cause = end.cause === null ? 'no cause was found' : `${end.cause.cause} at ${end.cause.service}`;
  const tried = end.tried.map((one) => `Tried ${shownWords(one.tried)}: ${shownWords(one.cameOf)}.`);
  return [
    `${name}, ${alike}, ended ${end.outcome} after ${seconds(end.atMs - openedAtMs)}: ${cause}.`,
    ...(tried.length === 0 ? ['Nothing was tried.'] : tried),
  ].join(' ');
}

/** They were made of names and numbers; a store that others write to may hold anything. */
function shownWords(words: string): string {
  return words.replace(/[^A-Za-z0-9 ._/:;,()%@-]/g, '?').slice(0, 200);
}

function rounded(similarity: number): number {
  return Math.round(similarity * 100) / 100;
}
