// The effects of one incident as people read them: intents with what became of each.

import type { Kysely } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../api/cursor.ts';
import type { EffectRecord } from '../../api/ports/effects.ts';
import type { Page } from '../../api/ports/page.ts';
import type { Schema } from './database/schema.ts';
import { storable } from './text.ts';

const position = [z.int(), z.string()] as const;

export async function effectsOfIncident(
  db: Kysely<Schema>,
  incidentId: string,
  limit: number,
  cursor: string | null,
): Promise<Page<EffectRecord>> {
  let query = db
    .selectFrom('intents')
    .selectAll()
    .where('incident_id', '=', storable(incidentId))
    .orderBy('written_at_ms')
    .orderBy('id')
    .limit(limit + 1);
  if (cursor !== null) {
    const [writtenAtMs, id] = readCursor('effects', position, cursor);
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('written_at_ms', 'id'), '>', tuple(writtenAtMs, id)),
    );
  }
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ body, ...row }) => ({
      id: row.id,
      planHash: row.plan_hash,
      step: row.step,
      direction: row.direction,
      undoes: body.undoes ?? null,
      action: body.action,
      target: body.target,
      executor: body.executor,
      parameters: body.parameters,
      fence: row.fence,
      status: row.status,
      result: row.result,
      writtenAtMs: row.written_at_ms,
      sentAtMs: row.sent_at_ms,
      updatedAtMs: row.updated_at_ms,
    })),
    nextCursor:
      rows.length > limit && last !== undefined
        ? writeCursor('effects', [last.written_at_ms, last.id])
        : null,
  };
}
