// Rollbacks on request, as the API and the workflow that carries one out use them.

import type { Kysely } from 'kysely';
import type { IncidentStore, StoredRollbacks } from '../../../activities/ports.ts';
import type { Rollbacks, StandingEffect } from '../../../api/ports/rollbacks.ts';
import { rollbackTerms } from '../../../domain/policy/rollback-terms.ts';
import { recordAfterEnd } from '../after-end.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { transact } from '../transact.ts';
import { endRequest, noteVerified } from './news.ts';
import { expireRequests, unstartedOrders } from './orders.ts';
import { openOf, type RollbackRules, requestRollback } from './request.ts';
import { objectionTo, type Subject, subjects, undoText } from './subject.ts';

export function createRollbacks(
  db: Kysely<Schema>,
  incidents: Pick<IncidentStore, 'recordEvents'>,
  rules: RollbackRules,
): Rollbacks & StoredRollbacks {
  return {
    async standing(incidentId) {
      const all = await subjects(db, { incidentId: storable(incidentId) });
      const found = await Promise.all(all.map((subject) => standing(db, subject, rules)));
      return found.filter((one) => one !== null);
    },

    request: (input) => transact(db, (trx) => requestRollback(trx, input, rules)),

    unstarted: (limit) => unstartedOrders(db, rules.people, limit),

    async started(requestId) {
      await db
        .updateTable('rollback_requests')
        .set({ started_at_ms: databaseNow })
        .where('id', '=', requestId)
        .where('started_at_ms', 'is', null)
        .execute();
    },

    expire: () => expireRequests(db),

    end: ({ requestId, ...ended }) => transact(db, (trx) => endRequest(trx, requestId, ended)),

    verified: (requestId, result) => transact(db, (trx) => noteVerified(trx, requestId, result)),

    async untold(limit) {
      const rows = await db
        .selectFrom('rollback_news')
        .select(['incident_id', 'body'])
        .where('delivered_at_ms', 'is', null)
        .orderBy('seq')
        .limit(limit)
        .execute();
      return rows.map(({ incident_id: incidentId, body: news }) => ({ incidentId, news }));
    },

    record: ({ incidentId, news }) => recordAfterEnd(db, incidents, incidentId, news),
  };
}

/** Null for what is not in the world, or not known to be. */
async function standing(
  db: Kysely<Schema>,
  subject: Subject,
  { policy, people }: RollbackRules,
): Promise<StandingEffect | null> {
  const { intent, status, isUndone, sinceMs, step } = subject;
  if (isUndone || status === 'written' || status === 'failed') return null;
  const [objection, request] = await Promise.all([objectionTo(db, subject), openOf(db, people, subject)]);
  return {
    ...{ effectId: intent.id, action: intent.action, target: intent.target, status, sinceMs },
    undo: undoText(subject),
    quorum: step === null || step.inverse === null ? 1 : rollbackTerms(step, step.inverse, policy).quorum,
    objection: objection?.detail ?? null,
    request,
  };
}
