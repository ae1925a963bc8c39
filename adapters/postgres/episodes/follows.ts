// What comes back soon after its incident ended is the same problem again: the incident that is opened follows the one before.

import type { Kysely } from 'kysely';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Follows } from '../../../domain/incident/follows.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';

/** The incident that had this series and ended within the window; null when there is none. */
export async function followed(
  trx: Kysely<Schema>,
  { scope, seriesKey }: Anomaly,
  withinMs: number,
): Promise<Follows | null> {
  const nowMs = await databaseNowMs(trx);
  const before = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['episodes.incident_id', 'times', 'opened_at_ms', 'first_opened_at_ms'])
    .where('series_key', '=', storable(seriesKey))
    .where('environment', '=', storable(scope.environment))
    .where('closed_at_ms', '>', nowMs - withinMs)
    // One whose workflow never ran says nothing of an end.
    .where('outcome', '<>', 'abandoned')
    .orderBy('closed_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (before === undefined) return null;
  return {
    incidentId: before.incident_id,
    times: before.times + 1,
    sinceMs: before.first_opened_at_ms ?? before.opened_at_ms,
  };
}
