// People and their doors, where votes are counted: one person is one vote, a key counts for whoever could have used it, and nobody
// keeps more than the configuration gives them now.

import { expect, test } from 'vitest';
import { generateKey } from '../../../adapters/postgres/index.ts';
import type { NewKey } from '../../../api/ports/keys.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import { type PersonEntry, peopleOf } from '../../../domain/policy/people.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { askPeople, passGate, type Ready, readyToAct, twoOperators } from './fixtures.ts';

const ada: PersonEntry = { name: 'ada', role: 'operator', chat: ['slack:UADA'], keys: [] };
const bo: PersonEntry = { name: 'bo', role: 'operator', chat: ['slack:UBO'], keys: [] };

/** The stores of a process whose configuration names these people. */
const naming = (under: StoresUnderTest, ...entries: PersonEntry[]) =>
  under.withOptions({ people: peopleOf(entries) });
type Stores = ReturnType<typeof naming>;

async function bootstrap(stores: Stores): Promise<Principal> {
  const key = generateKey();
  await stores.apiKeys.ensureBootstrap(key);
  return holder(stores, key);
}

async function holder(stores: Stores, key: string): Promise<Principal> {
  const principal = await stores.apiKeys.authenticate(key);
  if (principal === null) throw new Error('the key is not accepted');
  return principal;
}

async function make(stores: Stores, by: Principal, made: Partial<NewKey>) {
  return stores.apiKeys.create({ name: 'laptop', role: 'operator', ...made }, by);
}

async function asked(stores: Stores): Promise<Ready> {
  const ready = await readyToAct(stores, { verdict: twoOperators });
  await askPeople(stores, ready);
  return ready;
}

const approve = (stores: Stores, { incidentId, planHash }: Ready, principal: Principal) =>
  stores.approvals.decide({ incidentId, planHash, principal, decision: 'approve', reason: '' });
const act = (stores: Stores, { incidentId, planHash }: Ready) =>
  passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
const inChat = ({ name, role, chat: [keyId = ''] }: PersonEntry): Principal => ({
  ...{ keyId, name, role, person: name },
});

await describeStores('people', (use) => {
  test('by Slack and by a key of their own are one vote; two of them are two', async () => {
    const under = use();
    const first = naming(under, ada, bo);
    const admin = await bootstrap(first);
    const { keyId, key } = await make(first, admin, { belongsTo: 'ada' });
    const stores = naming(under, { ...ada, keys: [keyId] }, bo);
    const byKey = await holder(stores, key);
    expect(byKey).toMatchObject({ name: 'ada', person: 'ada' });

    const ready = await asked(stores);
    expect(await approve(stores, ready, inChat(ada))).toMatchObject({ repeated: false });
    expect(await approve(stores, ready, byKey)).toMatchObject({ recorded: true, repeated: true });
    expect(await act(stores, ready)).toMatchObject({ granted: false, reason: 'no-grant' });
    expect(await approve(stores, ready, inChat(bo))).toMatchObject({ recorded: true });
    expect(await act(stores, ready)).toMatchObject({ granted: true });

    const other = await asked(stores);
    await approve(stores, other, byKey);
    await approve(stores, other, inChat(bo));
    expect(await act(stores, other)).toMatchObject({ granted: true });
  });

  test('an admin who makes keys for others is no second person, until the configuration says whose they are', async () => {
    const under = use();
    const stores = naming(under, ada, bo);
    const admin = await bootstrap(stores);
    const one = await make(stores, admin, { belongsTo: 'ada' });
    const two = await make(stores, admin, { belongsTo: 'bo' });
    const ready = await asked(stores);
    expect(await approve(stores, ready, await holder(stores, one.key))).toMatchObject({ recorded: true });
    expect(await approve(stores, ready, await holder(stores, two.key))).toMatchObject({
      recorded: false,
      reason: 'same-person',
    });
    expect(await act(stores, ready)).toMatchObject({ granted: false, reason: 'no-grant' });

    const vouched = naming(under, { ...ada, keys: [one.keyId] }, { ...bo, keys: [two.keyId] });
    expect(await approve(vouched, ready, await holder(vouched, two.key))).toMatchObject({ recorded: true });
    expect(await act(vouched, ready)).toMatchObject({ granted: true });
  });

  test('a key of somebody does no more than they may, and nothing once they are gone', async () => {
    const under = use();
    const first = naming(under, ada);
    const { keyId, key } = await make(first, await bootstrap(first), {
      belongsTo: 'ada',
      reach: { environments: ['eu-west', 'us-east'] },
    });
    expect(await holder(first, key)).toMatchObject({ role: 'operator' });
    const limited = naming(under, { ...ada, role: 'viewer', reach: { environments: ['eu-*'] } });
    expect(await holder(limited, key)).toMatchObject({
      role: 'viewer',
      reach: { environments: ['eu-west'] },
    });
    expect(await limited.apiKeys.active([keyId])).toEqual(new Set([keyId]));
    const session = await first.sessions.open(key);
    if (session === null) throw new Error('no session');
    const gone = naming(under, bo);
    expect(await gone.apiKeys.authenticate(key)).toBeNull();
    expect(await gone.apiKeys.active([keyId])).toEqual(new Set());
    expect(await gone.sessions.find(session.token, false)).toBeNull();
  });

  test('a vote lapses with its giver, whichever door it came through', async () => {
    const under = use();
    const first = naming(under, ada, bo);
    const { keyId, key } = await make(first, await bootstrap(first), { belongsTo: 'ada' });
    const stores = naming(under, { ...ada, keys: [keyId] }, bo);
    const ready = await asked(stores);
    await approve(stores, ready, await holder(stores, key));
    await approve(stores, ready, inChat(bo));
    for (const left of [naming(under, { ...ada, keys: [keyId] }), naming(under, bo)])
      expect(await act(left, ready)).toMatchObject({ reason: 'approval-needed' });
    const elsewhere = { ...bo, reach: { environments: ['elsewhere'] } };
    expect(await act(naming(under, { ...ada, keys: [keyId] }, elsewhere), ready)).toMatchObject({
      reason: 'approval-needed',
    });
    expect(await act(stores, ready)).toMatchObject({ granted: true });
  });

  test('a key that was revoked stays revoked, also when the configuration lists it', async () => {
    const under = use();
    const first = naming(under, ada, bo);
    const admin = await bootstrap(first);
    const { keyId, key } = await make(first, admin, { belongsTo: 'ada' });
    const stores = naming(under, { ...ada, keys: [keyId] }, bo);
    const ready = await asked(stores);
    await approve(stores, ready, await holder(stores, key));
    await approve(stores, ready, inChat(bo));
    await stores.apiKeys.revoke(keyId, admin);
    expect(await act(stores, ready)).toMatchObject({ granted: false, reason: 'approval-needed' });
  });
});
