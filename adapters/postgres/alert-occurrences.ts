// The alerts of others as the store knows them: each with its latest occurrence. Reports of one alert are settled one after
// the other, whichever processes take them in.

import { type Insertable, type Kysely, sql } from 'kysely';
import {
  type RememberedAlert,
  reportedKeys,
  type SettledReports,
  settleReports,
} from '../../ingest/events/occurrences.ts';
import type { FiringAlert, InboxItem } from '../../ingest/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lateKey } from './episodes/late.ts';
import { eventIdOf } from './event-ids.ts';
import { inParts } from './parts.ts';
import { json, storable } from './text.ts';

export type Settled = {
  /** Of each request, in their order. */
  readonly requests: readonly Pick<SettledReports, 'items' | 'absorbed' | 'begun'>[];
  /** What was learnt of the alerts, to be stored in the same transaction. */
  readonly alerts: readonly Insertable<Schema['alerts']>[];
};

/** The items of each request with every report settled, one request after the other. Call it inside the transaction that stores it. */
export async function settle(
  trx: Kysely<Schema>,
  requests: readonly (readonly InboxItem[])[],
): Promise<Settled> {
  const keys = reportedKeys(requests.flat()).map(storable);
  if (keys.length === 0)
    return { requests: requests.map((items) => ({ items, absorbed: [], begun: [] })), alerts: [] };
  const nowMs = await lockAlerts(trx, keys);
  let alerts = await rememberedAlerts(trx, keys);
  const settled = requests.map((items) => {
    const ofOne = settleReports(items, alerts, nowMs);
    ({ alerts } = ofOne);
    return ofOne;
  });
  return { requests: settled, alerts: [...alerts].map(([key, alert]) => rowOf(key, alert)) };
}

/** Says what is learnt of alerts, whether they are known or not. */
export function rememberAlerts(trx: Kysely<Schema>, rows: readonly Insertable<Schema['alerts']>[]) {
  return trx
    .insertInto('alerts')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet(({ ref }) => ({
        occurrence: ref('excluded.occurrence'),
        state: ref('excluded.state'),
        fired: ref('excluded.fired'),
        starts_at_ms: ref('excluded.starts_at_ms'),
        ends_at_ms: ref('excluded.ends_at_ms'),
        changed_at_ms: ref('excluded.changed_at_ms'),
        stream: ref('excluded.stream'),
        position: ref('excluded.position'),
        anomaly_id: ref('excluded.anomaly_id'),
        anomaly: ref('excluded.anomaly'),
        source: ref('excluded.source'),
      })),
    );
}

/**
 * An alert that nobody knows yet has no row to lock. Held until the transaction ends; taken in the order of the keys. Answers the
 * time after that: whoever waited decides by the time after the wait.
 */
async function lockAlerts(trx: Kysely<Schema>, keys: readonly string[]): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select pg_advisory_xact_lock(hashtextextended('alerts/' || key, 0)), ${databaseNow} as now
    from (select unnest(${keys}::text[]) as key order by 1) as sorted`.execute(trx);
  return Math.max(...rows.map(({ now }) => now));
}

async function rememberedAlerts(
  trx: Kysely<Schema>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, RememberedAlert>> {
  const rows = await trx
    .selectFrom('alerts')
    .selectAll()
    .where(sql<boolean>`key = any(${keys}::text[])`)
    .execute();
  return new Map(
    rows.map((row) => [
      row.key,
      {
        occurrence: row.occurrence,
        state: row.state,
        fired: row.fired,
        startsAtMs: row.starts_at_ms,
        endsAtMs: row.ends_at_ms,
        changedAtMs: row.changed_at_ms,
        place:
          row.stream === null || row.position === null
            ? null
            : { stream: row.stream, position: row.position },
        anomaly: row.anomaly,
        source: row.source,
      },
    ]),
  );
}

function rowOf(key: string, alert: RememberedAlert) {
  return {
    key: storable(key),
    occurrence: alert.occurrence,
    state: alert.state,
    fired: alert.fired,
    starts_at_ms: alert.startsAtMs,
    ends_at_ms: alert.endsAtMs,
    changed_at_ms: alert.changedAtMs,
    stream: alert.place === null ? null : storable(alert.place.stream),
    position: alert.place?.position ?? null,
    anomaly_id: storable(alert.anomaly.id),
    anomaly: json(alert.anomaly),
    source: alert.source === null ? null : storable(alert.source),
  };
}

/** What this source said of this environment, and has not said the end of. */
export async function firingFrom(
  db: Kysely<Schema>,
  environment: string,
  source: string,
): Promise<readonly FiringAlert[]> {
  const rows = await db
    .selectFrom('alerts')
    .select(['key', 'anomaly'])
    .where('state', '=', 'firing')
    .where('source', '=', storable(source))
    .where(sql<string>`anomaly->'scope'->>'environment'`, '=', storable(environment))
    .execute();
  return rows.map(({ key, anomaly }) => ({ key, anomaly }));
}

/** How many alerts of this incident fire, as their senders said. */
export async function countFiring(db: Kysely<Schema>, incidentId: string): Promise<number> {
  const { count } = await db
    .selectFrom('alerts')
    .innerJoin('anomaly_assignments', 'anomaly_assignments.anomaly_id', 'alerts.anomaly_id')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('alerts.state', '=', 'firing')
    .where('incident_id', '=', storable(incidentId))
    .executeTakeFirstOrThrow();
  return count;
}

/** Alertmanager tells of an end as late as its `group_interval`, five minutes unless somebody changed it. */
const endsToldWithinMs = 10 * 60_000;

/**
 * What fires on although its incident was found to be over is looked at again later, once for every close: unless its end
 * has been told by then, it opens the next incident. The sender may say nothing more of it for hours.
 */
export async function requeueFiring(trx: Kysely<Schema>, incidentId: string): Promise<void> {
  const rows = await trx
    .selectFrom('alerts')
    .innerJoin('anomaly_assignments', 'anomaly_assignments.anomaly_id', 'alerts.anomaly_id')
    .select(['alerts.anomaly_id', 'anomaly'])
    .where('alerts.state', '=', 'firing')
    .where('incident_id', '=', storable(incidentId))
    .execute();
  for (const some of inParts(rows)) {
    await trx
      .insertInto('inbox')
      .values(
        some.map(({ anomaly_id, anomaly }) => ({
          id: firesOnId(anomaly_id, incidentId),
          kind: 'anomaly' as const,
          ordering_key: lateKey(anomaly_id),
          body: json(anomaly),
          status: 'pending' as const,
          received_at_ms: databaseNow,
          available_at_ms: sql<number>`${databaseNow} + ${endsToldWithinMs}::bigint`,
          event_id: eventIdOf(anomaly_id),
          service: storable(anomaly.scope.service),
        })),
      )
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }
}

/** A finding that fires on after the end of its incident, told once for each of them. */
export function firesOnId(anomalyId: string, incidentId: string): string {
  return storable(`anomaly/${anomalyId}/firing/after/${incidentId}`);
}
