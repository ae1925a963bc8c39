// Whether an incident is silenced: when a silence covers everything of it that still fires.

import type { Kysely } from 'kysely';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { Scope } from '../../../domain/scope.ts';
import { type LabelSet, labelsOfAnomaly, labelsOfScope } from '../../../domain/silences/labels.ts';
import {
  type Compiled,
  type Holding,
  type SilencedThing,
  silencing,
} from '../../../domain/silences/silence.ts';
import type { Schema } from '../database/schema.ts';

/** Labels of what fires in an incident, each set once; of all of it when nothing fires any more. */
export async function firingLabels(trx: Kysely<Schema>, incidentId: string): Promise<readonly LabelSet[]> {
  const rows = await trx
    .selectFrom('anomaly_assignments')
    .select(['anomaly_id', 'finding_labels'])
    .where('incident_id', '=', incidentId)
    .execute();
  const incident = await trx
    .selectFrom('incidents')
    .select('state')
    .where('id', '=', incidentId)
    .executeTakeFirst();
  const known: IncidentState['anomalies'] = incident?.state.anomalies ?? {};
  const members = rows.map(({ anomaly_id: id, finding_labels: labels }) => {
    const anomaly = known[id];
    // Those from before labels were kept have what the incident knows of them.
    const all = labels ?? (anomaly === undefined ? {} : labelsOfAnomaly(anomaly));
    return { labels: all, fires: anomaly?.state !== 'cleared' };
  });
  const firing = members.filter(({ fires }) => fires);
  const counted = firing.length > 0 ? firing : members;
  return [...new Map(counted.map(({ labels }) => [JSON.stringify(labels), labels])).values()];
}

/** The silence that ends first of those that together cover all of them; null when one is not covered, or there is none. */
export function allSilenced(
  silences: readonly Compiled[],
  thing: SilencedThing,
  all: readonly LabelSet[],
  nowMs: number,
): Holding | null {
  let first: Holding | null = null;
  for (const labels of all) {
    const holding = silencing(silences, thing, labels, nowMs);
    if (holding === null) return null;
    if (first === null || holding.occurrence.endsAtMs < first.occurrence.endsAtMs) first = holding;
  }
  return first;
}

/** The silence that forbids acting on this target, or for this incident, now. */
export async function silencedAction(
  trx: Kysely<Schema>,
  silences: readonly Compiled[],
  { incidentId, target }: { readonly incidentId: string; readonly target: Scope },
  nowMs: number,
): Promise<Holding | null> {
  if (silences.length === 0) return null;
  return (
    silencing(silences, 'actions', labelsOfScope(target), nowMs) ??
    allSilenced(silences, 'actions', await firingLabels(trx, incidentId), nowMs)
  );
}
