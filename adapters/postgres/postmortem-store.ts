// PostmortemStore: the latest draft of every incident.

import type { Kysely } from 'kysely';
import type { PostmortemStore } from '../../activities/ports.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

export function createPostmortemStore(db: Kysely<Schema>): PostmortemStore {
  return {
    async savePostmortem(incidentId, markdown, digest) {
      const draft = { markdown: storable(markdown), digest, saved_at_ms: databaseNow };
      await db
        .insertInto('postmortems')
        .values({ incident_id: incidentId, ...draft })
        .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(draft))
        .execute();
    },
  };
}
