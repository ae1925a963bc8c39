// The incidents of one symptom, before and after; and what a channel was told of them.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { comesBack, unique } from './fixtures.ts';

await describeStores('a chain of incidents', (use) => {
  test('leads back to the first, and on to what came after', async () => {
    const { stores } = use();
    const environment = unique('env');
    const first = await comesBack(stores, environment);
    expect(await stores.incidentReader.chain(first.incidentId)).toEqual({ earlier: [], continuedIn: [] });
    await first.close({ outcome: 'escalated', end: 'closed-by-person' });
    const second = await comesBack(stores, environment, 'critical');
    await second.close({ outcome: 'self-recovered' });
    const third = await comesBack(stores, environment);
    const { earlier, continuedIn } = await stores.incidentReader.chain(third.incidentId);
    expect(earlier).toMatchObject([
      { incidentId: first.incidentId, severity: 'warning', outcome: 'escalated', end: 'closed-by-person' },
      { incidentId: second.incidentId, severity: 'critical', outcome: 'self-recovered' },
    ]);
    expect(earlier[0]?.closedAtMs).toBe(first.state().closedAtMs);
    expect(continuedIn).toEqual([]);
    expect(await stores.incidentReader.chain(first.incidentId)).toEqual({
      earlier: [],
      continuedIn: [second.incidentId],
    });
    expect(await stores.incidentReader.chain(unique('incident/none'))).toEqual({
      earlier: [],
      continuedIn: [],
    });
  });

  test('a channel knows of which it was told, with what it remembers', async () => {
    const { stores } = use();
    const { notifications } = stores;
    const channel = unique('channel');
    await notifications.register(channel);
    const told = await comesBack(stores, unique('env'));
    const untold = await comesBack(stores, unique('env'));
    await notifications.notice(channel);
    const all = await notifications.take(channel, 10, 60_000);
    const taken = all.find(({ incidentId }) => incidentId === told.incidentId);
    if (taken === undefined) throw new Error('the incident must be taken');
    await notifications.settle(taken, {
      ...{ kind: 'told', deliveredSeq: 2, memory: { card: 'x' }, quiet: true },
      ...{ lookAgainAtMs: null, before: null },
    });
    const ids = [told.incidentId, untold.incidentId];
    expect(await notifications.told(channel, ids)).toEqual(new Map([[told.incidentId, { card: 'x' }]]));
    expect(await notifications.told(channel, [])).toEqual(new Map());
    expect(await notifications.told(unique('other'), ids)).toEqual(new Map());
  });

  test('an incident is looked at again when its time has come, also without news, and once', async () => {
    const { stores } = use();
    const { notifications } = stores;
    const channel = unique('channel');
    await notifications.register(channel);
    const { incidentId } = await comesBack(stores, unique('env'));
    await notifications.notice(channel);
    const told = { kind: 'told', deliveredSeq: 2, memory: {}, quiet: true } as const;
    const take = async (id: string) => {
      const all = await notifications.take(channel, 10, 60_000);
      for (const other of all.filter((one) => one.incidentId !== id))
        await notifications.settle(other, { kind: 'postponed', judgedSeq: 2, forMs: 0 });
      return all.find((one) => one.incidentId === id) ?? null;
    };
    /** Another incident is told of, and is what this one leads to. */
    const leadsOn = async () => {
      const next = await comesBack(stores, unique('env'));
      await notifications.notice(channel);
      const taken = await take(next.incidentId);
      if (taken === null) throw new Error('the next incident must be taken');
      await notifications.settle(taken, { ...told, lookAgainAtMs: null, before: incidentId });
    };
    await leadsOn(); // not told yet: it is nobody's page
    const settle = async (lookAgainAtMs: number | null, meanwhile: () => Promise<void> = async () => {}) => {
      const taken = await take(incidentId);
      if (taken === null) return null;
      await meanwhile();
      await notifications.settle(taken, { ...told, lookAgainAtMs, before: null });
      return taken;
    };
    expect(await settle(Date.now() + 3_600_000)).toMatchObject({ lookAgain: false, quiet: false });
    expect(await settle(null)).toBeNull();
    await leadsOn();
    // Asked for once more while it is looked at: that may be about what this look has not seen.
    const again = await settle(null, leadsOn);
    expect(again).toMatchObject({ incidentId, lookAgain: true, quiet: true });
    expect(await settle(0)).toMatchObject({ lookAgain: true });
    expect(await settle(null)).toMatchObject({ lookAgain: true });
    expect(await settle(null)).toBeNull();
    expect(await notifications.waiting(channel)).toBe(0);
  });
});
