// The silences that may hold, kept in memory ready to be asked, and read again whenever one has changed. Whether it has is asked in the
// transaction that decides by them.

import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { type Compiled, compileSilence } from '../../../domain/silences/silence.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

export type SilenceBook = {
  /** Those that hold or will hold, as of this transaction. Not for one that changes them itself. */
  current(trx: Kysely<Schema>): Promise<readonly Compiled[]>;
};

export function createSilenceBook(): SilenceBook {
  let known: { readonly latest: string; readonly all: readonly Compiled[] } | null = null;
  return {
    async current(trx) {
      const row = await trx.selectFrom('silence_changes').select('latest').executeTakeFirst();
      const latest = row?.latest ?? '';
      if (known?.latest !== latest) known = { latest, all: await readAll(trx) };
      return known.all;
    },
  };
}

async function readAll(trx: Kysely<Schema>): Promise<readonly Compiled[]> {
  const rows = await trx
    .selectFrom('silences')
    .select('body')
    .where('ended_at_ms', 'is', null)
    .where((one) => one.or([one('last_end_ms', 'is', null), one('last_end_ms', '>', databaseNow)]))
    .execute();
  return rows.map(({ body }) => compileSilence(body));
}

/** Everybody reads them again. */
export async function noteChange(trx: Kysely<Schema>): Promise<void> {
  const latest = randomUUID();
  await trx
    .insertInto('silence_changes')
    .values({ latest })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ latest }))
    .execute();
}
