// AuditReader: the trail, newest first, by who, what, about what and when.

import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../../api/cursor.ts';
import type { AuditReader } from '../../../api/ports/audit.ts';
import type { Schema } from '../database/schema.ts';
import { storable } from '../text.ts';
import { createAuditChain } from './chain.ts';

const position = [z.int()] as const;

export function createAuditReader(db: Kysely<Schema>): AuditReader {
  return {
    verify: createAuditChain(db).verify,

    async query(filter, limit, cursor) {
      let query = db
        .selectFrom('audit')
        .selectAll()
        .orderBy('seq', 'desc')
        .limit(limit + 1);
      if (filter.actor !== undefined) query = query.where('actor', '=', storable(filter.actor));
      // Any text may be asked for; only the known actions have entries.
      if (filter.action !== undefined) query = query.where('action', '=', storable(filter.action) as never);
      if (filter.subject !== undefined) query = query.where('subject', '=', storable(filter.subject));
      if (filter.fromMs !== undefined) query = query.where('at_ms', '>=', Math.ceil(filter.fromMs));
      if (filter.toMs !== undefined) query = query.where('at_ms', '<=', Math.floor(filter.toMs));
      if (cursor !== null) query = query.where('seq', '<', readCursor('audit', position, cursor)[0]);
      const rows = await query.execute();
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((row) => ({
          seq: row.seq,
          atMs: row.at_ms,
          actor: row.actor,
          action: row.action,
          subject: row.subject,
          reason: row.reason,
          planHash: row.plan_hash,
          canonical: Buffer.from(row.canonical).toString('utf8'),
        })),
        nextCursor: rows.length > limit && last !== undefined ? writeCursor('audit', [last.seq]) : null,
      };
    },
  };
}
