// Vectors that were made before: the same text is not embedded, or paid for, twice. Texts are kept as digests only.

import { type Kysely, sql } from 'kysely';
import type { Vector } from '../../../domain/memory/port.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

export type KeptEmbeddings = {
  find(space: string, digests: readonly string[]): Promise<ReadonlyMap<string, Vector>>;
  keep(space: string, vectors: ReadonlyMap<string, Vector>): Promise<void>;
  /** The latest `most` of those that were used within `forMs` stay. */
  prune(most: number, forMs: number): Promise<void>;
};

export function createKeptEmbeddings(db: Kysely<Schema>): KeptEmbeddings {
  return {
    async find(space, digests) {
      const rows = await db
        .updateTable('embeddings')
        .set({ used_at_ms: databaseNow })
        .where('space', '=', space)
        .where(sql<boolean>`digest = any(${[...digests]}::text[])`)
        .returning(['digest', 'vector'])
        .execute();
      return new Map(rows.map(({ digest, vector }) => [digest, vector]));
    },

    async keep(space, vectors) {
      for (const [digest, vector] of vectors)
        await db
          .insertInto('embeddings')
          .values({ space, digest, vector: sql`${[...vector]}::real[]`, used_at_ms: databaseNow })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
    },

    async prune(most, forMs) {
      const nowMs = await databaseNowMs(db);
      await db
        .deleteFrom('embeddings')
        .where('used_at_ms', '<', nowMs - forMs)
        .execute();
      await db
        .deleteFrom('embeddings')
        .where('used_at_ms', '<', (eb) =>
          eb
            .selectFrom('embeddings')
            .select('used_at_ms')
            .orderBy('used_at_ms', 'desc')
            .offset(most)
            .limit(1),
        )
        .execute();
    },
  };
}
