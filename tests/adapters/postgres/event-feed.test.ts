// The order of all events: a reader that follows along misses nothing, whatever commits when.

import fc from 'fast-check';
import { type ControlledTransaction, type Kysely, type KyselyPlugin, sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Schema } from '../../../adapters/postgres/database/schema.ts';
import { createEventFeed } from '../../../adapters/postgres/event-feed.ts';
import { createStores, type Database, openDatabase } from '../../../adapters/postgres/index.ts';
import type { EventFeed } from '../../../api/ports/feed.ts';
import { describeWithPostgres } from '../../support/postgres.ts';
import { describePostgresStores, describeStores, testLimits } from '../../support/stores.ts';
import { tell, unique } from './fixtures.ts';

const note = (text: string) => ({ type: 'note-added', noteId: unique('note'), actor: 'ann', text }) as const;

/** Everything that is readable after a position, by pages of `limit`. */
async function readAll(
  feed: EventFeed,
  after: number,
  limit = 100,
): Promise<{ positions: number[]; refs: string[] }> {
  const positions: number[] = [];
  const refs: string[] = [];
  for (let at = after; ; ) {
    const page = await feed.read(at, limit);
    for (const { position, incident, event } of page) {
      positions.push(position);
      refs.push(`${incident.id} ${event.seq}`);
    }
    if (page.length === 0) return { positions, refs };
    at = page.at(-1)?.position ?? at;
  }
}

await describeStores('the event feed', (use) => {
  test('events of all incidents in order, each with its incident as it is now', async () => {
    const { stores } = use();
    const { eventFeed } = stores;
    const before = await eventFeed.head();
    const [first, second] = [tell(stores, unique('env')), tell(stores, unique('env'), 'web')];
    await first.record(first.opened);
    await second.record(second.opened, { type: 'enrichment-started', attempt: 1 });
    await first.record(note('hm'));
    const events = await eventFeed.read(before, 10);
    expect(
      events.map(({ incident, event }) => [incident.id, event.seq, event.type, incident.status]),
    ).toEqual([
      [first.incidentId, 1, 'incident-opened', 'detected'],
      [second.incidentId, 1, 'incident-opened', 'enriching'],
      [second.incidentId, 2, 'enrichment-started', 'enriching'],
      [first.incidentId, 2, 'note-added', 'detected'],
    ]);
    const last = events.at(-1)?.position ?? 0;
    expect(await eventFeed.head()).toBe(last);
    expect(await eventFeed.read(last, 10)).toEqual([]);
    expect(await readAll(eventFeed, before, 1)).toEqual(await readAll(eventFeed, before));
  });

  test('a batch that comes again adds nothing', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened, note('once'));
    const head = await stores.eventFeed.head();
    await stores.incidents.recordEvents(told.incidentId, told.events, told.state());
    expect(await stores.eventFeed.read(head, 10)).toEqual([]);
    expect(await stores.eventFeed.head()).toBe(head);
  });

  test('a position that nobody was given is known as such', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const head = await stores.eventFeed.head();
    expect(await stores.eventFeed.reaches(head)).toBe(true);
    expect(await stores.eventFeed.reaches(head + 1)).toBe(false);
  });
});

await describePostgresStores('the event feed among transactions', (use) => {
  async function insertEvent(db: Kysely<Schema>, incidentId: string, seq: number): Promise<void> {
    const body = JSON.stringify({ seq, atMs: seq, ...note('slow') });
    await db
      .insertInto('incident_events')
      .values({ incident_id: incidentId, seq, at_ms: seq, type: 'note-added', body, digest: '' })
      .execute();
  }

  /** An event that is written, but not committed yet. */
  async function underWay({ db }: Database, incidentId: string, seq: number) {
    const trx = await db.startTransaction().execute();
    await insertEvent(trx, incidentId, seq);
    return trx;
  }

  test('an event is held back while one that is to stand before it is on its way', async () => {
    const { stores, database } = use();
    const [slow, quick] = [tell(stores, unique('env')), tell(stores, unique('env'))];
    await slow.record(slow.opened);
    await quick.record(quick.opened);
    const before = await stores.eventFeed.head();
    const trx = await underWay(database, slow.incidentId, 2);
    await quick.record(note('quick'));
    expect(await stores.eventFeed.head()).toBe(before);
    expect(await stores.eventFeed.read(before, 10)).toEqual([]);
    await trx.commit().execute();
    const { refs } = await readAll(stores.eventFeed, before);
    expect(refs).toEqual([`${slow.incidentId} 2`, `${quick.incidentId} 2`]);
  });

  test('one that gives up holds nobody up any more', async () => {
    const { stores, database } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const before = await stores.eventFeed.head();
    const trx = await underWay(database, told.incidentId, 77);
    const other = tell(stores, unique('env'));
    await other.record(other.opened);
    expect(await stores.eventFeed.read(before, 10)).toEqual([]);
    await trx.rollback().execute();
    expect((await readAll(stores.eventFeed, before)).refs).toEqual([`${other.incidentId} 1`]);
  });

  test('a long transaction that adds no events holds nobody up', async () => {
    const { stores, database } = use();
    const before = await stores.eventFeed.head();
    const trx = await database.db.startTransaction().execute();
    await sql`select pg_current_xact_id()`.execute(trx);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    expect((await readAll(stores.eventFeed, before)).refs).toEqual([`${told.incidentId} 1`]);
    await trx.rollback().execute();
  });

  /** What happens, one after the other, to three transactions, and how much of it between two statements of the reader. */
  const schedules = fc.record({
    moves: fc.array(
      fc.record({ writer: fc.nat(2), move: fc.constantFrom('add', 'commit', 'add', 'commit', 'give up') }),
      { minLength: 10, maxLength: 60 },
    ),
    gaps: fc.array(fc.nat(6), { minLength: 5, maxLength: 20 }),
  });

  test('whatever is added, committed and given up between any two statements of a reader: it misses nothing', async () => {
    const { stores, database } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    let seq = 1;
    await fc.assert(
      fc.asyncProperty(schedules, async ({ moves, gaps }) => {
        const start = await stores.eventFeed.head();
        const open = new Map<number, { trx: ControlledTransaction<Schema>; refs: string[] }>();
        const committed: string[] = [];
        const queue = [...moves];
        const next = async (): Promise<void> => {
          const { writer, move } = queue.shift() ?? {};
          if (writer === undefined) return;
          const { trx, refs } = open.get(writer) ?? { trx: null, refs: [] };
          if (move === 'add') {
            seq += 1;
            const added = trx ?? (await database.db.startTransaction().execute());
            open.set(writer, { trx: added, refs: [...refs, `${told.incidentId} ${seq}`] });
            await insertEvent(added, told.incidentId, seq);
          } else if (trx !== null) {
            open.delete(writer);
            if (move === 'commit') committed.push(...refs);
            await (move === 'commit' ? trx.commit() : trx.rollback()).execute();
          }
        };
        const betweenStatements: KyselyPlugin = {
          transformQuery: ({ node }) => node,
          transformResult: async ({ result }) => {
            for (let left = gaps[queue.length % gaps.length] ?? 0; left > 0; left -= 1) await next();
            return result;
          },
        };
        const reader = createEventFeed(database.db.withPlugin(betweenStatements));
        const seen: number[] = [];
        const refs: string[] = [];
        const follow = async (feed: EventFeed) => {
          const page = await readAll(feed, seen.at(-1) ?? start, 3);
          seen.push(...page.positions);
          refs.push(...page.refs);
        };
        try {
          while (queue.length > 0) {
            await next();
            await follow(reader);
          }
        } finally {
          for (const { trx } of open.values()) await trx.rollback().execute();
        }
        await follow(stores.eventFeed);
        expect(refs.toSorted()).toEqual(committed.toSorted());
        expect(seen).toEqual(seen.toSorted((left, right) => left - right));
      }),
      { numRuns: 150 },
    );
  });
});

await describeWithPostgres('events from before there was an order', (url) => {
  test('get one, and new ones follow', async () => {
    const first = await openDatabase({ url: url() });
    await sql`drop view announced_events`.execute(first.db);
    await sql`drop trigger incident_events_announced on incident_events`.execute(first.db);
    await sql`drop function sentinel_announce_events`.execute(first.db);
    await sql`alter table incident_events drop column position`.execute(first.db);
    await sql`delete from sentinel_migration where name = '0006-event-feed'`.execute(first.db);
    await sql`insert into incidents values
      ('i/b', 'e', 's', 't', 'info', 'detected', null, 1, null, 1, 1, null, 2, '{}'),
      ('i/a', 'e', 's', 't', 'info', 'detected', null, 1, null, 1, 1, null, 1, '{}')`.execute(first.db);
    await sql`insert into incident_events (incident_id, seq, at_ms, type, body, digest) values
      ('i/b', 2, 30, 'note-added', '{"seq":2}', ''),
      ('i/a', 1, 20, 'incident-opened', '{"seq":1}', ''),
      ('i/b', 1, 10, 'incident-opened', '{"seq":1}', '')`.execute(first.db);
    await first.close();
    const second = await openDatabase({ url: url() });
    const stores = createStores(second, { limits: testLimits });
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    expect((await readAll(stores.eventFeed, 0)).refs).toEqual([
      'i/b 1',
      'i/a 1',
      'i/b 2',
      `${told.incidentId} 1`,
    ]);
    await second.close();
  });
});
