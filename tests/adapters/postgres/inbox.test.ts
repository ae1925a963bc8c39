// The inbox: what was accepted is worked off, once each in effect, in order per anomaly, and never lost.

import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { beforeEach, expect, test } from 'vitest';
import type { InboxItem } from '../../../ingest/ports.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { anomalyOf, unique } from './fixtures.ts';

function item(id = unique('item'), anomalyId = unique('anomaly')): InboxItem {
  return { id, kind: 'anomaly', anomaly: anomalyOf({ environment: 'e', id: anomalyId }) };
}

async function row({ database }: StoresUnderTest, id: string) {
  const { rows } = await sql<{ status: string; reason: string | null; attempts: number }>`
    select status, reason, attempts from inbox where id = ${id}`.execute(database.db);
  return rows[0];
}

async function stored({ database }: StoresUnderTest): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`select id from inbox order by seq`.execute(database.db);
  return rows.map(({ id }) => id);
}

/** Every lock runs out. */
async function timePasses({ database }: StoresUnderTest) {
  await sql`update inbox set available_at_ms = 0`.execute(database.db);
}

await describeStores('the inbox', (use) => {
  beforeEach(async () => {
    await sql`truncate inbox`.execute(use().database.db);
  });

  test('items come out as they went in, oldest first', async () => {
    const { stores } = use();
    const change: InboxItem = {
      id: 'c1',
      kind: 'change',
      change: {
        kind: 'change',
        id: 'c1',
        type: 'release',
        environment: 'e',
        service: 'api',
        atMs: 1.5,
        summary: 'r2 \u0000 <b>',
        attributes: { 'a"b': 'ü\n' },
      },
    };
    const items = [item('i1'), change, item('i2')];
    expect(await stores.inbox.put(items)).toBe(3);
    const taken = await stores.inbox.take(10, 60_000);
    expect(taken).toEqual(items.map((one) => ({ ...one, attempts: 1 })));
  });

  test('an id is accepted once, within a batch and later, also after it was done', async () => {
    const under = use();
    const { inbox } = under.stores;
    const one = item('same');
    expect(await inbox.put([one, item('same'), item('other')])).toBe(2);
    expect(await inbox.put([one])).toBe(0);
    await inbox.take(10, 60_000);
    await inbox.done('same');
    expect(await inbox.put([one])).toBe(0);
    expect(await inbox.put([])).toBe(0);
    expect(await row(under, 'same')).toMatchObject({ status: 'done' });
  });

  test('requests that come together share a commit, and each hears of its own items', async () => {
    const under = use();
    const { inbox } = under.stores;
    const requests = [[item('a')], [item('a'), item('b')], [item('c'), item('c')], []];
    expect(await Promise.all(requests.map((items) => inbox.put(items)))).toEqual([1, 1, 1, 0]);
    expect(await stored(under), 'as they came').toEqual(['a', 'b', 'c']);
    const { rows } = await sql<{ transactions: number; repeats: number[] }>`
      select count(distinct xmin::text)::int as transactions, array_agg(repeats order by seq) as repeats
      from inbox`.execute(under.database.db);
    // The second request had `a`, too, and the third one had `c` twice.
    expect(rows).toEqual([{ transactions: 1, repeats: [1, 0, 1] }]);
  });

  test('who died between the commit and the answer sends the same again, and it is there once', async () => {
    const under = use();
    const lost = ['a', 'b'].map((id) => under.stores.inbox.put([item(id)]));
    await Promise.all(lost);
    const { inbox } = under.withOptions({});
    const again = ['a', 'b', 'c'].map((id) => inbox.put([item(id)]));
    expect(await Promise.all(again)).toEqual([0, 0, 1]);
    expect(await stored(under)).toEqual(['a', 'b', 'c']);
  });

  test('an item that cannot be stored is refused alone; what came with it is in', async () => {
    const under = use();
    const { inbox } = under.stores;
    // No index takes a text of this length that does not compress.
    const poison = item(randomBytes(20_000).toString('base64'));
    const requests = [[item('a')], [item('b'), poison], [item('c')], [item('d')]];
    const answers = await Promise.allSettled(requests.map((items) => inbox.put(items)));
    expect(answers).toMatchObject([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: { code: '54000' } },
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: 1 },
    ]);
    expect(await stored(under), 'a request is stored whole or not at all').toEqual(['a', 'c', 'd']);
    expect(await inbox.put([item('e')])).toBe(1);
  });

  test('what is taken is not taken again before its lock runs out, and then it is', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('i1'), item('i2')]);
    expect(await inbox.take(1, 60_000)).toMatchObject([{ id: 'i1', attempts: 1 }]);
    expect(await inbox.take(10, 60_000)).toMatchObject([{ id: 'i2' }]);
    expect(await inbox.take(10, 60_000)).toEqual([]);
    await inbox.done('i2');
    await timePasses(under);
    // The process that had it ended without a word: that was no attempt.
    expect(await inbox.take(10, 60_000)).toMatchObject([{ id: 'i1', attempts: 1 }]);
  });

  test('a failed item waits for its time; without one it is dead, and keeps its reason', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('i1')]);
    await inbox.take(10, 60_000);
    await inbox.failed(['i1'], 'Temporal is away', Date.now() + 3_600_000);
    expect(await inbox.take(10, 60_000)).toEqual([]);
    await inbox.failed(['i1'], 'Temporal is away', Date.now() - 1);
    expect(await inbox.take(10, 60_000)).toMatchObject([{ id: 'i1', attempts: 2 }]);
    await inbox.failed(['i1'], 'cannot be read \u0000', null);
    await timePasses(under);
    expect(await inbox.take(10, 60_000)).toEqual([]);
    expect(await row(under, 'i1')).toEqual({ status: 'dead', reason: 'cannot be read \uFFFD', attempts: 2 });
    await inbox.done('i1');
    expect(await row(under, 'i1')).toMatchObject({ status: 'dead' });
  });

  test('what is about one service is taken together, and nobody is passed by twice', async () => {
    const { inbox } = use().stores;
    const about = (id: string, service: string): InboxItem => ({
      id,
      kind: 'anomaly',
      anomaly: anomalyOf({ environment: 'e', service }),
    });
    const release: InboxItem = {
      ...{ id: 'release', kind: 'change' },
      change: {
        ...{ kind: 'change', id: 'release', type: 'release', environment: 'e', service: 'web' },
        ...{ atMs: 1, summary: 'web v2', attributes: {} },
      },
    };
    await inbox.put([
      ...[about('api 1', 'api'), about('web 1', 'web'), about('api 2', 'api'), about('db 1', 'db')],
      ...[about('api 3', 'api'), release, about('api 4', 'api')],
    ]);
    const taken = async () => (await inbox.take(3, 60_000)).map(({ id }) => id);
    expect(await taken()).toEqual(['api 1', 'api 2', 'api 3']);
    expect(await taken(), 'the longest wait first, though the first service has more').toEqual([
      'web 1',
      'db 1',
      'release',
    ]);
    expect(await taken()).toEqual(['api 4']);
  });

  test('nothing is taken of what is left out, and it is there afterwards', async () => {
    const { inbox } = use().stores;
    const about = (id: string, service: string): InboxItem => ({
      ...{ id, kind: 'anomaly' },
      anomaly: anomalyOf({ environment: 'e', service }),
    });
    await inbox.put([about('api', 'api'), about('web', 'web \u0000'), about('db', 'db')]);
    const taken = async (leftOut: string[]) =>
      (await inbox.take(5, 60_000, new Set(leftOut))).map(({ id }) => id);
    expect(await taken(['api', 'web \u0000'])).toEqual(['db']);
    expect(await taken(['api', 'web \u0000'])).toEqual([]);
    expect(await taken(['db'])).toEqual(['api', 'web']);
  });

  test('many that wait for one that is not due yet keep nobody behind them waiting', async () => {
    const { inbox } = use().stores;
    await inbox.put([item('first', 'a'), ...Array.from({ length: 20 }, (_, n) => item(`a ${n}`, 'a'))]);
    await inbox.put([item('other', 'b')]);
    expect(await inbox.take(1, 60_000)).toMatchObject([{ id: 'first' }]);
    await inbox.failed(['first'], 'later', Date.now() + 3_600_000);
    expect(await inbox.take(1, 60_000)).toMatchObject([{ id: 'other' }]);
    expect(await inbox.take(1, 60_000)).toEqual([]);
  });

  test('rows that a process of the release before wrote are taken, too', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('old 1'), item('old 2')]);
    await sql`update inbox set service = null`.execute(under.database.db);
    await inbox.put([item('new')]);
    expect((await inbox.take(2, 60_000)).map(({ id }) => id)).toEqual(['old 1', 'old 2']);
    expect((await inbox.take(2, 60_000)).map(({ id }) => id)).toEqual(['new']);
  });

  test('a clear is not taken while its anomaly is on its way; others pass by', async () => {
    const { stores } = use();
    const { inbox } = stores;
    await inbox.put([item('firing', 'a1'), item('cleared', 'a1'), item('other', 'a2')]);
    expect((await inbox.take(10, 60_000)).map(({ id }) => id)).toEqual(['firing', 'other']);
    expect(await inbox.take(10, 60_000)).toEqual([]);
    await inbox.done('firing');
    expect((await inbox.take(10, 60_000)).map(({ id }) => id)).toEqual(['cleared']);
  });

  test('the death of a process is no fault of what it had in hand', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('d1'), item('d2')]);
    for (let death = 1; death <= 60; death += 1) {
      expect(await inbox.take(10, 60_000)).not.toEqual([]);
      await timePasses(under);
    }
    expect(await row(under, 'd1')).toMatchObject({ status: 'pending', attempts: 1 });
    expect(await row(under, 'd2')).toMatchObject({ status: 'pending', attempts: 1 });
    for (const id of ['d1', 'd2']) await inbox.done(id);
  });

  test('what a process ended with is taken alone, and each time for twice as long', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('s1'), item('s2'), item('s3')]);
    expect(await inbox.take(10, 60_000)).toHaveLength(3);
    await timePasses(under);
    await inbox.put([item('new')]);
    const alone = async () => (await inbox.take(10, 60_000)).map(({ id }) => id);
    expect([await alone(), await alone(), await alone()]).toEqual([['s1'], ['s2'], ['s3']]);
    expect(await alone()).toEqual(['new']);
    for (const id of ['s2', 's3', 'new']) await inbox.done(id);
    const leases: number[] = [];
    for (let death = 2; death <= 9; death += 1) {
      await timePasses(under);
      const { rows } = await sql<{
        from: number;
      }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as from`.execute(under.database.db);
      expect(await alone()).toEqual(['s1']);
      const { rows: until } = await sql<{
        at: number;
      }>`select available_at_ms as at from inbox where id = 's1'`.execute(under.database.db);
      leases.push(Math.round((Number(until[0]?.at) - Number(rows[0]?.from)) / 60_000));
    }
    expect(leases).toEqual([4, 8, 16, 32, 60, 60, 60, 60]);
    await inbox.done('s1');
  });

  test('what every process ended with for days is set aside; what fails with a word is not', async () => {
    const under = use();
    const { inbox } = under.stores;
    await inbox.put([item('poison'), item('patient')]);
    await sql`update inbox set received_at_ms = received_at_ms - ${4 * 86_400_000}::bigint
      where id in ('poison', 'patient')`.execute(under.database.db);
    for (let death = 1; death <= 20; death += 1) {
      const taken = await inbox.take(10, 60_000);
      expect(taken.map(({ id }) => id)).toContain('poison');
      await inbox.failed(['patient'], 'later', Date.now());
      await timePasses(under);
    }
    expect(await inbox.take(10, 60_000)).toEqual([]);
    expect(await row(under, 'poison')).toMatchObject({
      status: 'dead',
      reason: 'every process that took it ended',
    });
    expect((await inbox.take(10, 60_000)).map(({ id }) => id)).toEqual(['patient']);
  });

  test('a large batch is accepted whole', async () => {
    const { stores } = use();
    expect(await stores.inbox.put(Array.from({ length: 2_500 }, () => item()))).toBe(2_500);
    expect(await stores.inbox.take(5_000, 60_000)).toHaveLength(2_500);
  });

  test('pruning removes what has long been done, and nothing that waits', async () => {
    const under = use();
    const { inbox, maintenance } = under.stores;
    await inbox.put([item('old'), item('new'), item('waiting')]);
    await inbox.take(10, 60_000);
    await inbox.done('old');
    await inbox.done('new');
    await sql`update inbox set finished_at_ms = 0 where id = 'old'`.execute(under.database.db);
    await sql`update inbox set received_at_ms = 0 where id = 'waiting'`.execute(under.database.db);
    expect(await maintenance.prune()).toBe(1);
    expect(await row(under, 'old')).toBeUndefined();
    expect(await row(under, 'waiting')).toMatchObject({ status: 'pending' });
  });
});
