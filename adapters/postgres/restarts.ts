// IncidentRestarts: what is open by the record, and everything a new workflow of an incident starts from.

import { type Kysely, sql } from 'kysely';
import type { IncidentRestarts } from '../../api/ports/restarts.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { transact } from './transact.ts';

/** As many as a workflow keeps of its own. */
const keptEvents = 100;

/** Longer than a start takes; after it, a claim whose process died is anybody's. */
const claimMs = 60_000;

export function createIncidentRestarts(db: Kysely<Schema>): IncidentRestarts {
  return {
    async open() {
      const rows = await db
        .selectFrom('incidents')
        .select('id')
        .where('status', '<>', 'closed')
        .orderBy('id')
        .execute();
      return rows.map(({ id }) => id);
    },

    claim: (incidentId) =>
      transact(db, async (trx) => {
        const nowMs = await databaseNowMs(trx);
        const claimed = await trx
          .insertInto('incident_restarts')
          .values({ incident_id: incidentId, restarts: 1, claimed_at_ms: nowMs })
          .onConflict((conflict) =>
            conflict
              .column('incident_id')
              .doUpdateSet({ restarts: sql`incident_restarts.restarts + 1`, claimed_at_ms: nowMs })
              .where('incident_restarts.claimed_at_ms', '<=', nowMs - claimMs),
          )
          .returning('restarts')
          .executeTakeFirst();
        if (claimed === undefined) return null;
        return recordOf(trx, incidentId, claimed.restarts);
      }),
  };
}

async function recordOf(
  trx: Kysely<Schema>,
  incidentId: string,
  restarts: number,
): Promise<Awaited<ReturnType<IncidentRestarts['claim']>>> {
  const incident = await trx
    .selectFrom('incidents')
    .select('state')
    .where('id', '=', incidentId)
    .executeTakeFirst();
  if (incident === undefined || incident.state.status === 'closed') return null;
  const { state } = incident;
  const events = await trx
    .selectFrom('incident_events')
    .select('body')
    .where('incident_id', '=', incidentId)
    .where('seq', '>', state.lastSeq - keptEvents)
    .orderBy('seq')
    .execute();
  const evidence = await trx
    .selectFrom('evidence')
    .select('ref')
    .where('incident_id', '=', incidentId)
    .orderBy('attempt')
    .execute();
  const intent = await trx
    .selectFrom('intents')
    .select('id')
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  const episode = await trx
    .selectFrom('episodes')
    .select('closed_at_ms')
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  return {
    state,
    timeline: events.map(({ body }) => body),
    evidenceRefs: evidence.map(({ ref }) => ref),
    restarts,
    hasActed: intent !== undefined || state.effects.length > 0,
    episodeOpen: episode !== undefined && episode.closed_at_ms === null,
  };
}
