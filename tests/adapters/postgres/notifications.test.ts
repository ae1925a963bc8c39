/** What is noticed of the incidents that change: everything, in whatever order transactions commit. */
import { type Kysely, sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Schema } from '../../../adapters/postgres/database/schema.ts';
import type { Stores } from '../../../adapters/postgres/index.ts';
import { LeaseLost } from '../../../api/notifications/ports.ts';
import { describePostgresStores, describeStores } from '../../support/stores.ts';
import { tell, unique } from './fixtures.ts';

const note = () => ({ type: 'note-added', noteId: unique('note'), actor: 'ada', text: 't' }) as const;

async function registered(stores: Stores): Promise<string> {
  const channel = unique('channel');
  await stores.notifications.register(channel);
  return channel;
}

async function noticed(stores: Stores, db: Kysely<Schema>, channel: string): Promise<readonly string[]> {
  await stores.notifications.notice(channel);
  const rows = await db
    .selectFrom('notifications')
    .select('incident_id')
    .where('channel', '=', channel)
    .whereRef('delivered_seq', '<', 'wanted_seq')
    .orderBy('incident_id')
    .execute();
  return rows.map((row) => row.incident_id);
}

const toldAloud = { kind: 'told', memory: {}, quiet: false, lookAgainAtMs: null, before: null } as const;

await describeStores('notifications', (use) => {
  test('an unknown channel notices nothing, and registering twice changes nothing', async () => {
    const { stores, database } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    expect(await noticed(stores, database.db, unique('nobody'))).toEqual([]);
    const channel = await registered(stores);
    await told.record(note());
    await stores.notifications.register(channel);
    expect(await noticed(stores, database.db, channel)).toEqual([told.incidentId]);
  });

  test('a lease that is lost settles nothing and remembers nothing', async () => {
    const { stores } = use();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    await stores.notifications.notice(channel);
    const [first] = await stores.notifications.take(channel, 1, 0);
    const [second] = await stores.notifications.take(channel, 1, 60_000);
    if (first === undefined || second === undefined) throw new Error('both must be taken');
    await expect(stores.notifications.remember(first, {})).rejects.toThrow(LeaseLost);
    const settlement = { ...toldAloud, deliveredSeq: 1 };
    await expect(stores.notifications.settle(first, settlement)).rejects.toThrow(LeaseLost);
    expect(await stores.notifications.waiting(channel)).toBe(1);
    await stores.notifications.settle(second, settlement);
    expect(await stores.notifications.waiting(channel)).toBe(0);
  });

  test('what is noticed while a cooldown is judged does not wait for the end of it', async () => {
    const { stores } = use();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const take = async () => {
      await stores.notifications.notice(channel);
      return (await stores.notifications.take(channel, 1, 60_000))[0];
    };
    const postponed = { kind: 'postponed', judgedSeq: 1, forMs: 3_600_000 } as const;
    const first = await take();
    if (first === undefined) throw new Error('it must be taken');
    await told.record(note());
    await stores.notifications.notice(channel);
    await stores.notifications.settle(first, postponed);
    const second = await take();
    if (second === undefined) throw new Error('the news must be judged at once');
    await stores.notifications.settle(second, { ...postponed, judgedSeq: 2 });
    expect(await take()).toBeUndefined();
    expect(await stores.notifications.waiting(channel)).toBe(1);
  });

  test('hostile text in memory and reasons is stored', async () => {
    const { stores } = use();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    await stores.notifications.notice(channel);
    const [taken] = await stores.notifications.take(channel, 1, 60_000);
    if (taken === undefined) throw new Error('it must be taken');
    await stores.notifications.remember(taken, { text: 'a\u0000b\ud800' });
    const sinceMs = await stores.notifications.settle(taken, {
      kind: 'failed',
      reason: `\u0000\udfff${'x'.repeat(10_000)}`,
      retryInMs: 0,
    });
    expect(sinceMs).toBeGreaterThan(0);
    const [again] = await stores.notifications.take(channel, 1, 60_000);
    expect(again).toMatchObject({ attempts: 1, failingSinceMs: sinceMs, memory: { text: 'a\u0000b\uFFFD' } });
  });

  test('after a restore into another server everything since the channel began is looked at once more', async () => {
    const { stores, database } = use();
    const { db } = database;
    const old = tell(stores, unique('env'));
    await old.record(old.opened);
    await db.updateTable('incidents').set({ updated_at_ms: 1 }).execute();
    const channel = await registered(stores);
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    // Another server: its transactions have lower numbers than the dump speaks of.
    await sql`update notification_channels set noticed = '9000000000:9000000000:' where name = ${channel}`.execute(
      db,
    );
    await sql`update incidents set changed_xid = '8000000000'`.execute(db);
    expect(await noticed(stores, db, channel)).toEqual([told.incidentId]);
    const later = tell(stores, unique('env'));
    await later.record(later.opened);
    expect(await noticed(stores, db, channel)).toEqual([told.incidentId, later.incidentId].toSorted());
  });
});

await describePostgresStores('notifications of several connections', (use) => {
  test('a change that commits after a later one was noticed is noticed, too', async () => {
    const { stores, database } = use();
    const { db } = database;
    const channel = await registered(stores);
    const slow = tell(stores, unique('env'));
    await slow.record(slow.opened);
    expect(await noticed(stores, db, channel)).toEqual([slow.incidentId]);
    await settleAll(stores, channel);
    await db.transaction().execute(async (trx) => {
      await sql`
        update incidents set last_seq = 2, changed_xid = pg_current_xact_id() where id = ${slow.incidentId}`.execute(
        trx,
      );
      const quick = tell(stores, unique('env'));
      await quick.record(quick.opened);
      expect(await noticed(stores, db, channel)).toEqual([quick.incidentId]);
      await settleAll(stores, channel);
      expect(await noticed(stores, db, channel)).toEqual([]);
    });
    expect(await noticed(stores, db, channel)).toEqual([slow.incidentId]);
  });

  test('a channel that registers during a long transaction, in whatever database, is not told of older incidents', async () => {
    const { stores, database } = use();
    const { db } = database;
    await db.transaction().execute(async (trx) => {
      await sql`select pg_current_xact_id()`.execute(trx);
      const old = tell(stores, unique('env'));
      await old.record(old.opened);
      const channel = await registered(stores);
      expect(await noticed(stores, db, channel)).toEqual([]);
      const told = tell(stores, unique('env'));
      await told.record(told.opened);
      expect(await noticed(stores, db, channel)).toEqual([told.incidentId]);
      await old.record(note());
      expect(await noticed(stores, db, channel)).toEqual([old.incidentId, told.incidentId].toSorted());
    });
  });

  test('many writers and lookers at once: every incident is wanted at its latest event', async () => {
    const { stores, database } = use();
    const channel = await registered(stores);
    const incidents = Array.from({ length: 8 }, () => tell(stores, unique('env')));
    let writing = true;
    const looking = Array.from({ length: 3 }, async () => {
      while (writing) await stores.notifications.notice(channel);
    });
    await Promise.all(
      incidents.map(async (told) => {
        await told.record(told.opened);
        for (let index = 0; index < 10; index += 1) await told.record(note());
      }),
    );
    writing = false;
    await Promise.all(looking);
    await stores.notifications.notice(channel);
    const rows = await database.db
      .selectFrom('notifications')
      .select(['incident_id', 'wanted_seq'])
      .where('channel', '=', channel)
      .execute();
    expect(new Map(rows.map((row) => [row.incident_id, row.wanted_seq]))).toEqual(
      new Map(incidents.map(({ incidentId }) => [incidentId, 11])),
    );
  });

  async function settleAll(stores: Stores, channel: string): Promise<void> {
    for (const taken of await stores.notifications.take(channel, 100, 60_000)) {
      const found = await stores.incidentReader.get(taken.incidentId);
      const deliveredSeq = found?.state.lastSeq ?? 0;
      await stores.notifications.settle(taken, { ...toldAloud, deliveredSeq });
    }
  }
});
