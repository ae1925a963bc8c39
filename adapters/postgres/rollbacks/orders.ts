// Requests on their way to a workflow: what it starts from, which ones have none yet, and which are over without one.

import type { Kysely } from 'kysely';
import type { People } from '../../../domain/policy/people.ts';
import type { RollbackOrder } from '../../../workflows/messages.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { intentId } from '../gate/effect.ts';
import { findIntent } from '../gate/intents.ts';
import { askers } from '../gate/rollback.ts';
import { transact } from '../transact.ts';
import { endRequest } from './news.ts';

/** A workflow says itself what it came to; one that is lost does not. No effect takes as long as this. */
const lostAfterMs = 3_600_000;

export async function orderOf(db: Kysely<Schema>, requestId: string): Promise<RollbackOrder | null> {
  const row = await db
    .selectFrom('rollback_requests as request')
    .innerJoin('intents', 'intents.id', 'request.intent_id')
    .innerJoin('incidents', 'incidents.id', 'request.incident_id')
    .select(['request.incident_id', 'request.expires_at_ms', 'intents.plan_hash', 'intents.step'])
    .select(['intents.step_key', 'intents.body', 'incidents.state'])
    .where('request.id', '=', requestId)
    .where('request.ended_at_ms', 'is', null)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { scope, onsetMs, lastSeq } = row.state;
  return {
    ...{ requestId, incidentId: row.incident_id, planHash: row.plan_hash, step: row.step },
    ...{ stepKey: row.step_key, action: row.body.action, targetService: row.body.target.service },
    ...{ scope, onsetMs, recordedSeq: lastSeq, expiresAtMs: row.expires_at_ms },
  };
}

export async function unstartedOrders(
  db: Kysely<Schema>,
  people: People,
  limit: number,
): Promise<readonly RollbackOrder[]> {
  const rows = await db
    .selectFrom('rollback_requests as request')
    .innerJoin('intents', 'intents.id', 'request.intent_id')
    .select(['request.id', 'request.quorum', 'intents.body'])
    .where('ended_at_ms', 'is', null)
    .where('started_at_ms', 'is', null)
    .where('expires_at_ms', '>=', databaseNow)
    .orderBy('asked_at_ms')
    .limit(limit)
    .execute();
  const orders: RollbackOrder[] = [];
  for (const { id, quorum, body } of rows) {
    if ((await askers(db, people, id, body.target)).count < quorum) continue;
    const order = await orderOf(db, id);
    if (order !== null) orders.push(order);
  }
  return orders;
}

/** Ends what nobody carried out in time, and what a workflow that is gone has left. */
export async function expireRequests(db: Kysely<Schema>): Promise<void> {
  const nowMs = await databaseNowMs(db);
  const over = await db
    .selectFrom('rollback_requests as request')
    .innerJoin('intents', 'intents.id', 'request.intent_id')
    .select(['request.id', 'request.incident_id', 'intents.plan_hash', 'intents.step'])
    .where('ended_at_ms', 'is', null)
    .where((one) =>
      one.or([
        one.and([one('started_at_ms', 'is', null), one('expires_at_ms', '<', nowMs)]),
        one('expires_at_ms', '<', nowMs - lostAfterMs),
      ]),
    )
    .execute();
  for (const { id, incident_id: incidentId, plan_hash: planHash, step } of over) {
    const undo = intentId({ incidentId, planHash, step, direction: 'compensation', rollback: id });
    await transact(db, async (trx) =>
      endRequest(trx, id, ofIntent(undo, (await findIntent(trx, undo))?.status)),
    );
  }
}

type Ended = Parameters<typeof endRequest>[2];

function ofIntent(undo: string, status: string | undefined): Ended {
  switch (status) {
    case 'applied':
      return { outcome: 'undone', reason: 'its workflow was lost after it was undone', undoneBy: undo };
    case 'sent':
    case 'uncertain':
      return {
        outcome: 'uncertain',
        reason: 'its workflow was lost with the call under way',
        undoneBy: undo,
      };
    default:
      return { outcome: 'expired', reason: 'it was not carried out in time; ask again', undoneBy: null };
  }
}
