// SignedRequests: shared by all processes, so that a request that was answered by one is not let in again by another.

import type { Kysely } from 'kysely';
import type { SignedRequests } from '../../api/ports/signed-requests.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

export function createSignedRequests(db: Kysely<Schema>): SignedRequests {
  return {
    async isFirst(signature) {
      const row = await db
        .insertInto('slack_requests')
        .values({ signature: storable(signature), seen_at_ms: databaseNow })
        .onConflict((conflict) => conflict.column('signature').doNothing())
        .returning('signature')
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}
