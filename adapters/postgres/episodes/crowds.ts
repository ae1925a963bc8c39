// The crowds that alerts of a batch are in, with those of open incidents that fire at about the same time; and the marks that are kept
// for the next batch.

import { type Kysely, sql } from 'kysely';
import { marksOfAlert } from '../../../domain/correlation/alert-marks.ts';
import type { CorrelationConfig } from '../../../domain/correlation/correlate.ts';
import { type Bearer, type Crowd, CrowdFinder } from '../../../domain/correlation/crowd-finder.ts';
import { markOf } from '../../../domain/correlation/marks.ts';
import type { ServiceGraph } from '../../../domain/correlation/service-graph.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Schema } from '../database/schema.ts';
import { inParts } from '../parts.ts';

/** The latest of the open incidents of an environment: a crowd is found in fewer. */
const mostMarks = 10_000;

export type BatchCrowds = {
  of(anomaly: Anomaly): Crowd | null;
  /** An incident that was claimed for the anomaly meanwhile, or that it joined for another reason. */
  assigned(incidentId: string, anomaly: Anomaly): void;
  write(): Promise<void>;
};

export async function readCrowds(
  trx: Kysely<Schema>,
  anomalies: readonly Anomaly[],
  graphs: ReadonlyMap<string, ServiceGraph>,
  { windowMs, crowds: least }: CorrelationConfig,
): Promise<BatchCrowds> {
  const bearers = new Map<Anomaly, readonly Bearer[]>();
  for (const anomaly of anomalies) {
    const graph = graphs.get(anomaly.scope.environment);
    if (least === undefined || graph === undefined || anomaly.state !== 'firing') continue;
    const { scope, onsetMs: atMs } = anomaly;
    const found = marksOfAlert(anomaly, graph).map(
      (mark): Bearer => ({ mark, service: scope.service, atMs, incident: null }),
    );
    if (found.length > 0) bearers.set(anomaly, found);
  }
  const finders = new Map<string, CrowdFinder>();
  for (const [environment, ofOne] of Map.groupBy(bearers, ([{ scope }]) => scope.environment)) {
    const arrived = ofOne.flatMap(([, found]) => found);
    const kept = await keptMarks(trx, environment, arrived, windowMs);
    if (least !== undefined)
      finders.set(environment, new CrowdFinder([...kept, ...arrived], { windowMs, least }));
  }
  const marks = new Map<string, Schema['episode_marks']>();

  return {
    of: (anomaly) => finders.get(anomaly.scope.environment)?.of(bearers.get(anomaly) ?? []) ?? null,
    assigned(incidentId, anomaly) {
      const its = bearers.get(anomaly) ?? [];
      const { scope, onsetMs } = anomaly;
      finders.get(scope.environment)?.opened({ id: incidentId, openedAtMs: onsetMs }, its);
      for (const { mark, service } of its) {
        const key = JSON.stringify([incidentId, mark.key, service]);
        const atMs = Math.max(onsetMs, marks.get(key)?.at_ms ?? 0);
        marks.set(key, { incident_id: incidentId, service, mark: mark.key, at_ms: atMs });
      }
    },
    write: () => writeMarks(trx, [...marks.values()]),
  };
}

/** Of what the batch has marks or services in common with, as far as it fires at about the same time. */
async function keptMarks(
  trx: Kysely<Schema>,
  environment: string,
  arrived: readonly Bearer[],
  windowMs: number,
): Promise<readonly Bearer[]> {
  const times = arrived.map(({ atMs }) => atMs);
  const keys = [...new Set(arrived.map(({ mark }) => mark.key))];
  const services = [...new Set(arrived.map(({ service }) => service))];
  const rows = await trx
    .selectFrom('episode_marks')
    .innerJoin('episodes', 'episodes.incident_id', 'episode_marks.incident_id')
    .select(['episode_marks.incident_id', 'service', 'mark', 'at_ms', 'opened_at_ms'])
    .where('environment', '=', environment)
    .where('closed_at_ms', 'is', null)
    .where('at_ms', '>=', Math.min(...times) - windowMs)
    .where('at_ms', '<=', Math.max(...times) + windowMs)
    .where(sql<boolean>`(mark = any(${keys}::text[]) or service = any(${services}::text[]))`)
    .orderBy('at_ms', 'desc')
    .limit(mostMarks)
    .execute();
  return rows.map((row) => ({
    mark: markOf(row.mark),
    service: row.service,
    atMs: row.at_ms,
    incident: { id: row.incident_id, openedAtMs: row.opened_at_ms },
  }));
}

async function writeMarks(trx: Kysely<Schema>, marks: readonly Schema['episode_marks'][]): Promise<void> {
  for (const rows of inParts(marks))
    await trx
      .insertInto('episode_marks')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['incident_id', 'mark', 'service'])
          .doUpdateSet(({ ref }) => ({ at_ms: ref('excluded.at_ms') }))
          .whereRef('episode_marks.at_ms', '<', 'excluded.at_ms'),
      )
      .execute();
}
