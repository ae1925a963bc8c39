// What people found out about effects, until it is in the records of their incidents.

import type { Kysely } from 'kysely';
import type { IncidentStore } from '../../activities/ports.ts';
import type { Settlements, UntoldSettlement } from '../../api/ports/effects.ts';
import { evolve } from '../../domain/incident/evolve.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { IncidentEventConflict, IncidentEventGap } from './incident-store.ts';

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

    async record({ incidentId, ...settled }) {
      const incident = await db
        .selectFrom('incidents')
        .select(['state', 'status'])
        .where('id', '=', incidentId)
        .executeTakeFirst();
      // One that is open gets a workflow again, which would find its own numbers taken.
      if (incident === undefined || incident.status !== 'closed') return false;
      const { state } = incident;
      const atMs = await databaseNowMs(db);
      const event = { type: 'effect-settled', ...settled, seq: state.lastSeq + 1, atMs } as const;
      const after = evolve(state, event, incidentId);
      if (after === null) return false;
      try {
        await incidents.recordEvents(incidentId, [event], after);
        return true;
      } catch (error) {
        if (error instanceof IncidentEventConflict || error instanceof IncidentEventGap) return false;
        throw error;
      }
    },
  };
}
