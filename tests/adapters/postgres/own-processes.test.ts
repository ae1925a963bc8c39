// Where the processes of an installation run: each knows of all the others, for as long as they may be there.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { unique } from './fixtures.ts';

await describeStores('the processes of an installation', (use) => {
  test('know of each other, and not of those that have ended, or are long silent', async () => {
    const { stores, database } = use();
    const { ownProcesses } = stores;
    const [api, worker, ingest] = [unique('api'), unique('worker'), unique('ingest')];
    const partOf = (name: string) => ({ name, namespace: 'ops', is: 'its process' });
    await ownProcesses.report(api, 'api', [partOf('pod-api')]);
    await ownProcesses.report(worker, 'worker', [partOf('pod-old')]);
    await ownProcesses.report(worker, 'worker', [partOf('pod-worker'), partOf('ab'.repeat(32))]);
    expect(await ownProcesses.others(api)).toEqual([partOf('pod-worker'), partOf('ab'.repeat(32))]);
    expect(await ownProcesses.others(worker)).toEqual([partOf('pod-api')]);
    const silent = async (ms: number) =>
      void (await sql`update own_processes set at_ms = at_ms - ${ms}::bigint where process_id = ${worker}`.execute(
        database.db,
      ));
    await silent(890_000);
    expect(await ownProcesses.others(api), 'its container may be started again').toHaveLength(2);
    await silent(20_000);
    expect(await ownProcesses.others(api)).toEqual([]);
    await silent(86_400_000);
    await ownProcesses.report(ingest, 'ingest', [partOf('pod-ingest')]);
    const { rows } = await sql`select 1 from own_processes where process_id = ${worker}`.execute(database.db);
    expect(rows).toEqual([]);
    await ownProcesses.withdraw(ingest);
    expect(await ownProcesses.others(api)).toEqual([]);
    await ownProcesses.withdraw(api);
  });
});
