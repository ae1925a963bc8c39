// RecordReader: what became of one event, by the id that its sender, or Sentinel, gave it.

import type { Kysely, Selectable } from 'kysely';
import type { EventOutcome, ExplainedItem, RecordReader } from '../../api/ports/explain.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { ChangeEvent } from '../../domain/observation.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

/** Of an id that many senders use, the newest; of a service that is refused for many reasons, the last. */
const most = 50;

export function createRecordReader(db: Kysely<Schema>): RecordReader {
  return {
    async explain(id) {
      const wanted = storable(id);
      const rows = await db
        .selectFrom('inbox')
        .selectAll()
        .where(({ or, eb }) =>
          or([
            eb('event_id', '=', wanted),
            eb('id', 'in', [wanted, `anomaly/${wanted}/firing`, `anomaly/${wanted}/cleared`]),
          ]),
        )
        .orderBy('seq', 'desc')
        .limit(most)
        .execute();
      const incidents = await incidentsOf(
        db,
        rows.filter(({ kind }) => kind === 'anomaly').map(({ body }) => body.id),
      );
      const refused = await db
        .selectFrom('refused_telemetry')
        .selectAll()
        .where('service', '=', wanted)
        .orderBy('last_at_ms', 'desc')
        .limit(most)
        .execute();
      return {
        items: rows.map((row): ExplainedItem => {
          const incident = row.kind === 'anomaly' ? incidents.get(row.body.id) : undefined;
          return {
            id: row.id,
            eventId: row.event_id,
            kind: row.kind,
            state: row.kind === 'anomaly' ? (row.body as Anomaly).state : null,
            ...placeOf(row.body),
            seriesKey: row.kind === 'anomaly' ? (row.body as Anomaly).seriesKey : null,
            receivedAtMs: row.received_at_ms,
            repeats: row.repeats,
            repeatedAtMs: row.repeated_at_ms,
            status: row.status,
            outcome: outcomeOf(row, incident !== undefined),
            attempts: row.attempts,
            reason: row.reason,
            nextAttemptAtMs: row.status === 'pending' ? row.available_at_ms || null : null,
            finishedAtMs: row.finished_at_ms,
            incidentId: incident?.incident_id ?? null,
            incidentTitle: incident?.title ?? null,
            incidentClosedAtMs: incident?.closed_at_ms ?? null,
            incidentWhy: incident?.why ?? null,
          };
        }),
        refused: refused.map((row) => ({
          environment: row.environment,
          service: row.service,
          signal: row.signal,
          reason: row.reason,
          records: Number(row.records),
          example: row.example,
          firstAtMs: row.first_at_ms,
          lastAtMs: row.last_at_ms,
        })),
      };
    },
  };
}

function outcomeOf(
  { status, kind }: Pick<Selectable<Schema['inbox']>, 'status' | 'kind'>,
  hasIncident: boolean,
): EventOutcome {
  if (status === 'pending') return 'waiting';
  if (status === 'dead') return 'dead-letter';
  if (kind === 'change') return 'evidence';
  return hasIncident ? 'incident' : 'suppressed';
}

function placeOf(body: Anomaly | ChangeEvent): Pick<ExplainedItem, 'environment' | 'service' | 'summary'> {
  const { environment, service } = 'scope' in body ? body.scope : body;
  return { environment, service, summary: body.summary };
}

async function incidentsOf(db: Kysely<Schema>, anomalyIds: readonly string[]) {
  if (anomalyIds.length === 0) return new Map<string, never>();
  const rows = await db
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['anomaly_id', 'anomaly_assignments.incident_id', 'title', 'closed_at_ms', 'why'])
    .where('anomaly_id', 'in', [...anomalyIds])
    .execute();
  return new Map(rows.map((row) => [row.anomaly_id, row]));
}
