// AuditWriter: what the API audits by itself. What changes a store is audited in the transaction that changes it.

import type { Kysely } from 'kysely';
import type { AuditWriter } from '../../../api/ports/audit.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { appendAudit } from './append.ts';

export function createAuditWriter(db: Kysely<Schema>): AuditWriter {
  return {
    async append(entry) {
      await appendAudit(db, [{ ...entry, planHash: null, atMs: await databaseNowMs(db) }]);
    },
  };
}
