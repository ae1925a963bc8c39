// Ingest looks at watched systems; whoever explains an incident asks what they may not have told.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';

await describeStores('looks at what changed', (use) => {
  test('are known by system and environment, the newest of all that look', async () => {
    const { stores, database } = use();
    const { changeLooks } = stores;
    const { rows } = await sql<{ now: number }>`
      select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(database.db);
    const nowMs = Number(rows[0]?.now);
    await changeLooks.looked('shop', 'production', 5_000);
    await changeLooks.looked('shop', 'staging', 0);
    await changeLooks.looked('shop', 'production', 20_000); // of a process that is late
    expect(await changeLooks.unseen('production', nowMs - 10_000)).toEqual({ missing: [], isDue: false });
    expect(await changeLooks.unseen('production', nowMs)).toEqual({
      missing: [expect.stringMatching(/^changes of shop since \d\d:\d\d:\d\d UTC/)],
      isDue: true,
    });
    expect(await changeLooks.unseen('elsewhere', nowMs)).toEqual({ missing: [], isDue: false });
  });

  test('end with the watching: after an hour nobody misses it', async () => {
    const { stores, database } = use();
    const { changeLooks } = stores;
    await changeLooks.looked('gone', 'old', 59 * 60_000);
    const farMs = Date.now() + 60_000;
    expect(await changeLooks.unseen('old', farMs)).toMatchObject({
      missing: [expect.any(String)],
      isDue: false,
    });
    await sql`update change_looks set at_ms = at_ms - 120000 where environment = 'old'`.execute(database.db);
    expect((await changeLooks.unseen('old', farMs)).missing).toEqual([]);
    await changeLooks.looked('shop', 'production', 0);
    const { rows } = await sql<{ name: string }>`select name from change_looks`.execute(database.db);
    expect(rows.map(({ name }) => name)).not.toContain('gone');
  });
});
