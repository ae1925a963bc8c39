// Who may stop, and who may start again.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { passGate, person, readyToAct, unique } from './fixtures.ts';

await describeStores('the kill switch', (use) => {
  test('that an admin engaged is released by admins only; the try is audited, and nothing passes meanwhile', async () => {
    const { stores } = use();
    const environment = unique('env');
    const { incidentId, planHash } = await readyToAct(stores, { environment });
    expect(await stores.killSwitch.set(environment, true, person('ada', 'admin'), 'stop')).toEqual({
      set: true,
    });
    expect(await stores.killSwitch.set(environment, false, person('bo'), 'go on')).toMatchObject({
      set: false,
      reason: 'role-too-low',
      detail: 'an admin engaged it, so only an admin can release it; ada engaged it most recently',
    });
    const releasedBy = async () =>
      (await stores.killSwitch.list()).find((one) => one.environment === environment)?.releasedBy;
    expect(await releasedBy()).toBe('admin');
    const input = { incidentId, planHash, step: 0, direction: 'forward' as const };
    expect(await passGate(stores, input)).toMatchObject({ granted: false, reason: 'kill-switch' });
    const { items } = await stores.audit.query({ subject: `environment/${environment}` }, 10, null);
    expect(items.map(({ actor, canonical }) => [actor, JSON.parse(canonical).details.refused])).toEqual([
      ['person:bo', 'role-too-low'],
      ['person:ada', undefined],
    ]);
    expect(await stores.killSwitch.set(environment, false, person('cy', 'admin'), 'ok')).toEqual({
      set: true,
    });
    expect(await passGate(stores, input)).toMatchObject({ granted: true });
  });

  test('an operator may engage over an admin’s, and it stays an admin’s to release', async () => {
    const { stores } = use();
    const environment = unique('env');
    await stores.killSwitch.set(environment, true, person('ada', 'admin'), 'stop');
    await stores.killSwitch.set(environment, true, person('bo'), 'I say so, too');
    expect(await stores.killSwitch.set(environment, false, person('bo'), 'go on')).toMatchObject({
      set: false,
    });
  });

  test('an operator releases what an operator engaged', async () => {
    const { stores } = use();
    const environment = unique('env');
    await stores.killSwitch.set(environment, true, person('bo'), 'stop');
    expect(await stores.killSwitch.list()).toContainEqual(
      expect.objectContaining({ environment, engaged: true, releasedBy: 'operator' }),
    );
    expect(await stores.killSwitch.set(environment, false, person('cy'), 'go on')).toEqual({ set: true });
  });

  test('a key with a reach stops and starts only what it reaches', async () => {
    const { stores } = use();
    const limited = { ...person('ada', 'admin'), reach: { environments: ['staging*'] } };
    for (const environment of ['*', unique('production')]) {
      expect(await stores.killSwitch.set(environment, true, limited, 'stop')).toMatchObject({
        set: false,
        reason: 'out-of-reach',
      });
    }
    expect(await stores.killSwitch.set(unique('staging'), true, limited, 'stop')).toEqual({ set: true });
  });
});
