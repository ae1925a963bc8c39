// What correlation needs to know for many findings at once: read in a few statements, kept true while one after the other is
// assigned, and written in a few statements at the end. Everything happens under the locks of the environments.

import { type Kysely, sql } from 'kysely';
import { alikeIn, findAlike, type Likeness, mayBeAlike } from '../../../domain/correlation/alike.ts';
import {
  type CorrelationConfig,
  findEpisode,
  type OpenEpisode,
} from '../../../domain/correlation/correlate.ts';
import { inCrowd, type JoinReason, nearIt, type Why } from '../../../domain/correlation/join-reasons.ts';
import { ServiceGraph } from '../../../domain/correlation/service-graph.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { type LabelSet, labelsOfAnomaly } from '../../../domain/silences/labels.ts';
import type { Assignment } from '../../../ingest/ports.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { inParts } from '../parts.ts';
import { json, storable } from '../text.ts';
import { readCrowds } from './crowds.ts';
import { edgesOf, openEpisodes } from './rows.ts';

/** Which incident an anomaly was given to before, and what became of that. */
export type Known = {
  readonly incident_id: string;
  readonly heard: boolean;
  readonly closed_at_ms: number | null;
  readonly handed_over_at_ms: number | null;
  readonly reason: JoinReason | null;
  readonly why: string | null;
  readonly labels: LabelSet | null;
};

/** An open incident that an anomaly belongs to. */
export type Belonging = Why & { readonly incidentId: string };

export type AssignedIncident = Extract<Assignment, { kind: 'incident' }>;

export type Batch = {
  known(anomalyId: string): Known | undefined;
  /** What silences ask about. An incident that gives an alert back does not have its labels any more. */
  labelsOf(anomaly: Anomaly): LabelSet;
  /** The open incident that has had this series before: what comes back belongs to it, whoever has it in hand. */
  ofSeries(anomaly: Anomaly): string | null;
  /** By its service and the service graph. */
  near(anomaly: Anomaly): Belonging | null;
  /** By what it shares with alerts about other services. */
  ofCrowd(anomaly: Anomaly): Belonging | null;
  /** By its description, as far as a memory was asked about it. */
  alike(anomaly: Anomaly): Belonging | null;
  /** An episode that was claimed meanwhile. */
  opened(incidentId: string, anomaly: Anomaly): void;
  /** Says that the anomaly belongs to the incident, whichever it belonged to before, and widens the incident by it. */
  join(belonging: Belonging, anomalyId: string, anomaly: Anomaly): void;
  /** Writes what was joined. */
  write(): Promise<void>;
  /** The answers that name an incident: what its workflow needs to start, as it was when the episode was opened. */
  assignments(incidentIds: readonly string[]): Promise<ReadonlyMap<string, AssignedIncident>>;
};

type Join = Belonging & { readonly anomaly: Anomaly; readonly labels: LabelSet };

export async function readBatch(
  trx: Kysely<Schema>,
  anomalies: readonly Anomaly[],
  config: CorrelationConfig,
  likeness: ReadonlyMap<string, Likeness> | null,
): Promise<Batch> {
  const environments = [...new Set(anomalies.map(({ scope }) => scope.environment))];
  const known = await knownAssignments(trx, anomalies);
  const series = await openSeries(trx, anomalies);
  const open = new Map<string, OpenEpisode[]>();
  const graphs = new Map<string, ServiceGraph>();
  for (const environment of environments) {
    open.set(environment, [...(await openEpisodes(trx, environment))]);
    graphs.set(environment, new ServiceGraph(await edgesOf(trx, environment), config.maxHops));
  }
  const joins = new Map<string, Join>();
  const claimed: { readonly incidentId: string; readonly anomaly: Anomaly }[] = [];
  const crowds = await readCrowds(trx, anomalies, graphs, config);
  const labelsOf = (anomaly: Anomaly): LabelSet => {
    const kept = anomaly.labels === undefined ? known.get(storable(anomaly.id))?.labels : null;
    return kept ?? labelsOfAnomaly(anomaly);
  };

  return {
    known: (anomalyId) => known.get(anomalyId),
    labelsOf,
    ofSeries: (anomaly) => series.get(seriesOf(anomaly)) ?? null,
    near(anomaly) {
      const { environment, service } = anomaly.scope;
      const around = graphs.get(environment)?.around(service) ?? new Set([service]);
      const found = findEpisode(anomaly, open.get(environment) ?? [], around, config);
      return found === null ? null : { incidentId: found.incidentId, ...nearIt(service, found, around) };
    },
    ofCrowd(anomaly) {
      const crowd = crowds.of(anomaly);
      if (crowd === null || crowd.incidentId === null) return null;
      return { incidentId: crowd.incidentId, ...inCrowd(anomaly.scope.service, crowd) };
    },
    alike(anomaly) {
      const { environment } = anomaly.scope;
      const [asked, graph] = [likeness?.get(anomaly.id), graphs.get(environment)];
      if (asked === undefined || graph === undefined || config.semantic === undefined) return null;
      if (!mayBeAlike(anomaly)) return null;
      const ofBatch = claimed.flatMap(({ incidentId, anomaly: other }) =>
        alikeIn(other, incidentId, likeness?.get(other.id)?.vector ?? null, asked.vector),
      );
      return findAlike(
        anomaly,
        [...asked.open, ...ofBatch],
        open.get(environment) ?? [],
        graph,
        config.semantic,
      );
    },
    opened(incidentId, anomaly) {
      const { scope, onsetMs } = anomaly;
      claimed.push({ incidentId, anomaly });
      const { environment, service } = scope;
      open.get(environment)?.push({
        incidentId,
        environment,
        services: [service],
        openedAtMs: onsetMs,
        lastAnomalyMs: onsetMs,
        handedOver: false,
      });
    },
    join(belonging, anomalyId, anomaly) {
      const { incidentId, reason, why } = belonging;
      const { environment, service } = anomaly.scope;
      const all = open.get(environment) ?? [];
      const at = all.findIndex((episode) => episode.incidentId === incidentId);
      const episode = all[at];
      if (episode !== undefined)
        all[at] = {
          ...episode,
          services: episode.services.includes(service) ? episode.services : [...episode.services, service],
          lastAnomalyMs: Math.max(episode.lastAnomalyMs, anomaly.onsetMs),
        };
      const handedOver = episode?.handedOver === true;
      const labels = labelsOf(anomaly);
      known.set(anomalyId, {
        incident_id: incidentId,
        heard: false,
        closed_at_ms: null,
        handed_over_at_ms: handedOver ? anomaly.onsetMs : null,
        reason,
        why,
        labels,
      });
      crowds.assigned(incidentId, anomaly);
      series.set(seriesOf(anomaly), incidentId);
      joins.delete(anomalyId);
      joins.set(anomalyId, { ...belonging, anomaly, labels });
    },
    async write() {
      await writeJoins(trx, joins);
      await crowds.write();
    },
    assignments: (incidentIds) => assignmentsTo(trx, incidentIds),
  };
}

function seriesOf({ scope, seriesKey }: Anomaly): string {
  return JSON.stringify([scope.environment, storable(seriesKey)]);
}

async function knownAssignments(
  trx: Kysely<Schema>,
  anomalies: readonly Anomaly[],
): Promise<Map<string, Known>> {
  const rows = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['anomaly_id', 'anomaly_assignments.incident_id', 'heard', 'closed_at_ms', 'handed_over_at_ms'])
    .select(['reason', 'why', 'finding_labels as labels'])
    .where(sql<boolean>`anomaly_id = any(${anomalies.map(({ id }) => storable(id))}::text[])`)
    .execute();
  return new Map(rows.map(({ anomaly_id, ...row }) => [anomaly_id, row]));
}

async function openSeries(trx: Kysely<Schema>, anomalies: readonly Anomaly[]): Promise<Map<string, string>> {
  const keys = anomalies.map(({ seriesKey }) => storable(seriesKey));
  const rows = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .distinctOn(['environment', 'series_key'])
    .select(['environment', 'series_key', 'episodes.incident_id'])
    .where(sql<boolean>`series_key = any(${keys}::text[])`)
    .where('closed_at_ms', 'is', null)
    .orderBy('environment')
    .orderBy('series_key')
    .orderBy('assigned_at_ms', 'desc')
    .execute();
  return new Map(rows.map((row) => [JSON.stringify([row.environment, row.series_key]), row.incident_id]));
}

async function writeJoins(trx: Kysely<Schema>, joins: ReadonlyMap<string, Join>): Promise<void> {
  const all = [...joins];
  const services = new Map(
    all.map(([, { incidentId, anomaly }]) => [
      JSON.stringify([incidentId, anomaly.scope.service]),
      { incident_id: incidentId, service: anomaly.scope.service },
    ]),
  );
  for (const rows of inParts([...services.values()]))
    await trx
      .insertInto('episode_services')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  for (const rows of inParts(all))
    await trx
      .insertInto('anomaly_assignments')
      .values(
        rows.map(([anomalyId, { incidentId, reason, why, anomaly, labels }]) => ({
          anomaly_id: anomalyId,
          incident_id: incidentId,
          assigned_at_ms: databaseNow,
          series_key: storable(anomaly.seriesKey),
          unvouched: anomaly.unvouched === true,
          reason,
          why: storable(why),
          finding_service: anomaly.scope.service,
          finding_severity: anomaly.severity,
          finding_title: storable(anomaly.title ?? anomaly.summary),
          finding_labels: json(labels),
        })),
      )
      .onConflict((conflict) =>
        conflict.column('anomaly_id').doUpdateSet(({ ref }) => ({
          incident_id: ref('excluded.incident_id'),
          // Who told it now is who the next incident stands on, whoever told it before.
          unvouched: ref('excluded.unvouched'),
          reason: ref('excluded.reason'),
          why: ref('excluded.why'),
          assigned_at_ms: databaseNow,
          heard: false,
          finding_labels: ref('excluded.finding_labels'),
        })),
      )
      .execute();
  const latest = [...Map.groupBy(all, ([, { incidentId }]) => incidentId)].map(
    ([incidentId, ofOne]) =>
      [incidentId, Math.max(...ofOne.map(([, { anomaly }]) => anomaly.onsetMs))] as const,
  );
  await sql`
    update episodes set last_anomaly_ms = latest_ms
    from unnest(${latest.map(([id]) => id)}::text[], ${latest.map(([, ms]) => ms)}::bigint[]) as latest (id, latest_ms)
    where incident_id = latest.id and last_anomaly_ms < latest_ms`.execute(trx);
}

async function assignmentsTo(
  trx: Kysely<Schema>,
  incidentIds: readonly string[],
): Promise<ReadonlyMap<string, AssignedIncident>> {
  const rows = await trx
    .selectFrom('episodes')
    .select(['incident_id', 'fingerprint', 'episode', 'scope', 'severity', 'title'])
    .select(['follows', 'times', 'first_opened_at_ms'])
    .where(sql<boolean>`incident_id = any(${[...new Set(incidentIds)]}::text[])`)
    .execute();
  return new Map(
    rows.map(({ incident_id: incidentId, follows: before, times, first_opened_at_ms: sinceMs, ...row }) => {
      const follows =
        before === null ? {} : { follows: { incidentId: before, times, sinceMs: sinceMs ?? 0 } };
      return [incidentId, { kind: 'incident', input: { incidentId, ...row, ...follows } }];
    }),
  );
}
