// What a new workflow starts from, and that one process at a time may start it.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { perform, readyToAct } from './fixtures.ts';

await describeStores('the restart of an incident', (use) => {
  test('starts from its record, for one process at a time', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    expect(await stores.restarts.open()).toContain(ready.incidentId);
    const claims = await Promise.all([1, 2, 3].map(() => stores.restarts.claim(ready.incidentId)));
    const won = claims.filter((claim) => claim !== null);
    expect(won).toEqual([
      {
        state: ready.state(),
        timeline: ready.events,
        evidenceRefs: [],
        restarts: 1,
        hasActed: false,
        episodeOpen: true,
      },
    ]);
  });

  test('a claim that led to nothing is anybody’s after a minute, and counts', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores);
    await stores.restarts.claim(ready.incidentId);
    await database.db
      .updateTable('incident_restarts')
      .set((expression) => ({ claimed_at_ms: expression('claimed_at_ms', '-', 60_001) }))
      .where('incident_id', '=', ready.incidentId)
      .execute();
    expect(await stores.restarts.claim(ready.incidentId)).toMatchObject({ restarts: 2 });
  });

  test('knows that something passed the gate, whatever the incident itself recorded', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await perform(stores, ready);
    expect(await stores.restarts.claim(ready.incidentId)).toMatchObject({ hasActed: true });
  });

  test('is none for an incident that is closed', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await ready.record({ type: 'incident-closed', outcome: 'escalated', reason: 'r', actor: 'sentinel' });
    expect(await stores.restarts.open()).not.toContain(ready.incidentId);
    expect(await stores.restarts.claim(ready.incidentId)).toBeNull();
  });
});
