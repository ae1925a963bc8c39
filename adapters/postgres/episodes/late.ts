// Late findings: right after an incident was closed, detectors still report what they see of its past. That is no new
// incident. But a fault that began just before the close looks the same, and must not be lost. So a late finding goes back
// into the inbox for a while: if it clears meanwhile it was an echo, otherwise it opens an incident.

import type { Kysely } from 'kysely';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { eventIdOf } from '../event-ids.ts';
import { json } from '../text.ts';

/** Puts a late finding back and returns true; false when it is about the present. */
export async function postponeLate(
  trx: Kysely<Schema>,
  anomalyId: string,
  anomaly: Anomaly,
  lateFindingsMs: number,
): Promise<boolean> {
  const nowMs = await databaseNowMs(trx);
  const episode = await trx
    .selectFrom('episodes')
    .innerJoin('episode_services', 'episode_services.incident_id', 'episodes.incident_id')
    .select(['episodes.incident_id', 'closed_at_ms'])
    .where('environment', '=', anomaly.scope.environment)
    .where('service', '=', anomaly.scope.service)
    .where('outcome', '<>', 'abandoned')
    .where('closed_at_ms', '>=', anomaly.onsetMs)
    .where('closed_at_ms', '>', nowMs - lateFindingsMs)
    .orderBy('closed_at_ms', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (episode === undefined) return false;
  await trx
    .insertInto('inbox')
    .values({
      // Of its own for every close: the item that is being worked on now may itself be one of these.
      id: `late/${anomalyId}/${episode.incident_id}`,
      kind: 'anomaly',
      ordering_key: lateKey(anomalyId),
      body: json(anomaly),
      status: 'pending',
      received_at_ms: nowMs,
      available_at_ms: (episode.closed_at_ms ?? nowMs) + lateFindingsMs,
      event_id: eventIdOf(anomalyId),
      service: anomaly.scope.service,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return true;
}

/** The finding is over: it was an echo. */
export async function forgetLate(trx: Kysely<Schema>, anomalyId: string): Promise<void> {
  await trx
    .updateTable('inbox')
    .set({ status: 'done', reason: 'cleared meanwhile', finished_at_ms: databaseNow })
    .where('ordering_key', '=', lateKey(anomalyId))
    .where('status', '=', 'pending')
    .execute();
}

/** Of findings that wait to be looked at again; their end must not wait behind them. */
export function lateKey(anomalyId: string): string {
  return `late/${anomalyId}`;
}
