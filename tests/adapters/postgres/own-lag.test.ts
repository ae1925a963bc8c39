// Sentinel's own lag is shared by its processes, and asked at the gate: what policy alone let through waits for it.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { askPeople, oneOperator, passGate, person, type Ready, readyToAct } from './fixtures.ts';

const forward = ({ incidentId, planHash }: Ready) =>
  ({ incidentId, planHash, step: 0, direction: 'forward' }) as const;

await describeStores('the own lag', (use) => {
  test('is what any process said within the last half minute', async () => {
    const { stores, database } = use();
    const { ownLag } = stores;
    await ownLag.report('p1', 'ingest', ['event loop 1.2 s behind']);
    expect(await ownLag.missing()).toEqual(['Sentinel itself is overloaded (event loop 1.2 s behind)']);
    await ownLag.report('p2', 'worker', ['Postgres answers after 3.0 s']);
    expect(await ownLag.missing()).toEqual([
      'Sentinel itself is overloaded (ingest: event loop 1.2 s behind; worker: Postgres answers after 3.0 s)',
    ]);
    await ownLag.report('p2', 'worker', []);
    await ownLag.withdraw('p1');
    expect(await ownLag.missing()).toEqual([]);
    await ownLag.report('p3', 'ingest', ['event loop 9.0 s behind']);
    await sql`update own_lag set at_ms = at_ms - 31000`.execute(database.db);
    expect(await ownLag.missing()).toEqual([]);
    await ownLag.withdraw('p2');
    await ownLag.withdraw('p3');
  });

  test('holds what policy alone allowed, until it is over', async () => {
    const { stores, withOptions } = use();
    const ready = await readyToAct(stores);
    await stores.ownLag.report('p1', 'all', ['event loop 1.2 s behind']);
    expect(await passGate(stores, forward(ready))).toEqual({
      granted: false,
      reason: 'overloaded',
      detail: 'Sentinel itself is overloaded (event loop 1.2 s behind)',
      needs: { role: 'operator', quorum: 1, deadlineSeconds: 1_800 },
    });
    const other = await readyToAct(stores);
    expect(await passGate(withOptions({ lagLowersAutonomy: false }), forward(other))).toMatchObject({
      granted: true,
    });
    await stores.ownLag.report('p1', 'all', []);
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: true });
  });

  test('does not hold what people approved', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready);
    const { incidentId, planHash } = ready;
    const decision = {
      incidentId,
      planHash,
      decision: 'approve',
      reason: 'yes',
      principal: person('ann'),
    } as const;
    expect(await stores.approvals.decide(decision)).toMatchObject({ recorded: true });
    await stores.ownLag.report('p1', 'all', ['event loop 1.2 s behind']);
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: true });
    await stores.ownLag.withdraw('p1');
  });

  test('counts how long nobody has taken a finding', async () => {
    const { stores, database } = use();
    expect(await stores.ownLag.inboxWaitMs()).toBe(0);
    const change = {
      kind: 'change',
      id: 'c1',
      type: 'release',
      environment: 'e',
      service: 's',
      atMs: 1,
    } as const;
    await stores.inbox.put([
      { id: 'c1', kind: 'change', change: { ...change, summary: '', attributes: {} } },
    ]);
    await sql`update inbox set received_at_ms = received_at_ms - 60000 where id = 'c1'`.execute(database.db);
    expect(await stores.ownLag.inboxWaitMs()).toBeGreaterThanOrEqual(60_000);
    await stores.inbox.take(10, 1_000);
    expect(await stores.ownLag.inboxWaitMs()).toBe(0);
  });
});
