// EventFeed: the events of all incidents in the order of their positions.
//
// A transaction takes its positions some time before it commits, so the newest visible position proves nothing: an older
// one may still be on its way. Every transaction that adds events announces a floor below all its positions and keeps that
// up until they are visible (migration 0006). So: first look at the newest visible position, then at the floors. Whoever
// has a position up to that newest one had announced it before, and is therefore either among the floors or visible by
// now. Each look is a statement of its own: within one, the snapshot would be older than the floors, and prove nothing.

import type { Kysely } from 'kysely';
import type { EventFeed } from '../../api/ports/feed.ts';
import type { Schema } from './database/schema.ts';
import { summaryColumns, summaryOf } from './incident-reader.ts';

export function createEventFeed(db: Kysely<Schema>): EventFeed {
  const newest = async (): Promise<number> => {
    const row = await db
      .selectFrom('incident_events')
      .select(({ fn }) => fn.max<number | null>('position').as('position'))
      .executeTakeFirst();
    return row?.position ?? 0;
  };

  /** Below the newest only while a transaction that adds events is under way. */
  const settledUpTo = async (visible: number): Promise<number> => {
    const row = await db
      .selectFrom('announced_events')
      .select(({ fn }) => fn.min<number | null>('floor').as('floor'))
      .executeTakeFirst();
    return Math.min(visible, row?.floor ?? visible);
  };

  return {
    head: async () => settledUpTo(await newest()),

    reaches: async (position) => position <= (await newest()),

    async read(after, limit) {
      const visible = await newest();
      if (visible <= after) return [];
      const settled = await settledUpTo(visible);
      if (settled <= after) return [];
      const rows = await db
        .selectFrom('incident_events')
        .innerJoin('incidents', 'incidents.id', 'incident_events.incident_id')
        .select(['position', 'body'])
        .select(summaryColumns)
        .where('position', '>', after)
        .where('position', '<=', settled)
        .orderBy('position')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ position: row.position, incident: summaryOf(row), event: row.body }));
    },
  };
}
