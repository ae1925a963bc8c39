// What became of a request, and what its incident is told of it, in one transaction: neither is there without the other.

import type { Kysely } from 'kysely';
import type { EndedRollback } from '../../../activities/types.ts';
import type { RollbackNews } from '../../../domain/incident/events.ts';
import type { VerificationResult } from '../../../domain/remediation/verification.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { json, storable } from '../text.ts';

export async function addNews(trx: Kysely<Schema>, incidentId: string, news: RollbackNews): Promise<void> {
  await trx
    .insertInto('rollback_news')
    .values({ id: news.newsId, incident_id: incidentId, body: json(news), delivered_at_ms: null })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}

/** The first answer stays. */
export async function endRequest(
  trx: Kysely<Schema>,
  requestId: string,
  { outcome, reason, undoneBy }: Pick<EndedRollback, 'outcome' | 'reason' | 'undoneBy'>,
): Promise<void> {
  const ended = await trx
    .updateTable('rollback_requests')
    .set({ ended_at_ms: await databaseNowMs(trx), outcome, reason: storable(reason) })
    .where('id', '=', requestId)
    .where('ended_at_ms', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (ended === undefined) return;
  const { incidentId, ...about } = await aboutOf(trx, requestId);
  await addNews(trx, incidentId, {
    ...{ type: 'rollback-ended', newsId: `${requestId}/ended`, requestId, ...about, outcome },
    reason: storable(reason),
    ...(undoneBy === null ? {} : { undoneBy }),
  });
}

export async function noteVerified(
  trx: Kysely<Schema>,
  requestId: string,
  result: VerificationResult,
): Promise<void> {
  const { incidentId, ...about } = await aboutOf(trx, requestId);
  const newsId = `${requestId}/verified`;
  await addNews(trx, incidentId, { type: 'rollback-verified', newsId, requestId, ...about, result });
}

async function aboutOf(
  trx: Kysely<Schema>,
  requestId: string,
): Promise<{ readonly incidentId: string; readonly intentId: string; readonly stepKey: string }> {
  const row = await trx
    .selectFrom('rollback_requests')
    .innerJoin('intents', 'intents.id', 'rollback_requests.intent_id')
    .select(['rollback_requests.incident_id', 'intent_id', 'step_key'])
    .where('rollback_requests.id', '=', requestId)
    .executeTakeFirst();
  if (row === undefined) throw new Error(`there is no request ${requestId} for a rollback`);
  return { incidentId: row.incident_id, intentId: row.intent_id, stepKey: row.step_key };
}
