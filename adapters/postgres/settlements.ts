// What people found out about effects, until it is in the records of their incidents.

import type { Kysely } from 'kysely';
import type { IncidentStore } from '../../activities/ports.ts';
import type { Settlements, UntoldSettlement } from '../../api/ports/effects.ts';
import { recordAfterEnd } from './after-end.ts';
import type { Schema } from './database/schema.ts';

export function createSettlements(
  db: Kysely<Schema>,
  incidents: Pick<IncidentStore, 'recordEvents'>,
): Settlements {
  return {
    async untold(limit) {
      const rows = await db
        .selectFrom('effect_settlements as settled')
        .innerJoin('intents', 'intents.id', 'settled.intent_id')
        .select([
          'intent_id',
          'settled.incident_id',
          'step',
          'direction',
          'happened',
          'actor',
          'reason',
          'body',
        ])
        .where('delivered_at_ms', 'is', null)
        .orderBy('at_ms')
        .limit(limit)
        .execute();
      return rows.map(
        ({ intent_id: intentId, incident_id: incidentId, body, ...row }): UntoldSettlement => ({
          ...{ incidentId, intentId, ...row },
          ...(body.undoes === undefined ? {} : { undoes: body.undoes }),
        }),
      );
    },

    record: ({ incidentId, ...settled }) =>
      recordAfterEnd(db, incidents, incidentId, { type: 'effect-settled', ...settled }),
  };
}
