// A person has looked at the world and says what became of an effect that Sentinel cannot tell of. Until then nobody acts on
// its target: no time passes that makes an unknown outcome a known one.

import type { Kysely } from 'kysely';
import type { EffectSettlement } from '../../../api/ports/effects.ts';
import { targetKey } from '../../../domain/inventory/target.ts';
import { actorOf } from '../../../domain/policy/identity.ts';
import { reaches } from '../../../domain/policy/reach.ts';
import { appendAudit } from '../audit/append.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { transact } from '../transact.ts';
import { closedIncident } from './checks.ts';
import { lockIntent, moveIntent } from './intents.ts';

export function createEffectSettlement(db: Kysely<Schema>): EffectSettlement {
  return {
    settle: ({ effectId, happened, principal, reason }) =>
      transact(db, async (trx) => {
        const stored = await lockIntent(trx, storable(effectId));
        if (stored === null) return { settled: false, reason: 'unknown' };
        const { intent, status } = stored;
        const { environment, service } = intent.target;
        if (!reaches(principal.reach, environment, service))
          return { settled: false, reason: 'out-of-reach' };
        if (status === 'applied' || status === 'failed' || status === 'written')
          return { settled: false, reason: 'not-open' };
        // While its incident is open, Sentinel itself finds out, and may still send.
        const closed = await closedIncident(trx, intent.incidentId);
        if (status === 'sent' && closed === null) return { settled: false, reason: 'under-way' };
        const atMs = await databaseNowMs(trx);
        const outcome = happened ? 'applied' : 'failed';
        const said = storable(`settled by ${principal.name}: ${reason}`);
        await moveIntent(trx, intent.id, outcome, said, atMs);
        await trx
          .insertInto('effect_settlements')
          .values({
            intent_id: intent.id,
            incident_id: intent.incidentId,
            happened,
            actor: storable(actorOf(principal)),
            reason: storable(reason),
            at_ms: atMs,
            delivered_at_ms: null,
          })
          .execute();
        await appendAudit(trx, [
          {
            actor: actorOf(principal),
            action: 'effect.settle',
            atMs,
            reason: storable(reason),
            subject: intent.incidentId,
            planHash: intent.planHash,
            details: {
              intentId: intent.id,
              target: targetKey(intent.target),
              before: status,
              outcome,
              keyId: principal.keyId,
            },
          },
        ]);
        return { settled: true };
      }),
  };
}
