// Runs work in one transaction, READ COMMITTED; whoever decides takes its locks first. Postgres may pick a transaction
// as the victim of a deadlock: nothing of it happened, so it is simply run again.

import type { Kysely, Transaction } from 'kysely';
import { errorCode } from './database/errors.ts';
import type { Schema } from './database/schema.ts';

const deadlock = '40P01';
const serializationFailure = '40001';
const attempts = 4;

export async function transact<T>(
  db: Kysely<Schema>,
  work: (trx: Transaction<Schema>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const code = errorCode(error);
      if ((code !== deadlock && code !== serializationFailure) || attempt >= attempts) throw error;
    }
  }
}
