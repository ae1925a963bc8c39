// A person settles what nobody could tell: the target is free again, and the audit says who said so, and why.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, person, type Ready, readyToAct } from './fixtures.ts';

const ann = person('ann');
const said = { principal: ann, reason: 'the dashboard of the vendor shows four' };
const forward = ({ incidentId, planHash }: Ready) =>
  ({ incidentId, planHash, step: 0, direction: 'forward' }) as const;

async function effectIn({ stores }: StoresUnderTest, status: 'written' | 'sent' | 'uncertain' | 'applied') {
  const ready = await readyToAct(stores);
  const passed = await passGate(stores, forward(ready));
  if (!passed.granted) throw new Error(passed.detail);
  const { id } = passed.intent;
  if (status !== 'written') await stores.gate.mark(id, 'sent', '');
  if (status !== 'written' && status !== 'sent') await stores.gate.mark(id, status, '');
  return { ready, id };
}

async function close({ stores }: StoresUnderTest, ready: Ready) {
  await ready.record({ type: 'incident-closed', outcome: 'escalated', reason: '?', actor: 'sentinel' });
  await stores.incidents.closeEpisode(ready.incidentId, 'escalated', Date.now());
}

await describeStores('settling an effect', (use) => {
  test.each([
    ['happened', true, 'applied'],
    ['did not happen', false, 'failed'],
  ] as const)('that %s frees its target', async (_words, happened, status) => {
    const under = use();
    const { stores } = under;
    const { ready, id } = await effectIn(under, 'uncertain');
    await close(under, ready);
    const next = await readyToAct(stores, { environment: ready.environment });
    expect(await passGate(stores, forward(next))).toMatchObject({
      reason: 'target-unsettled',
      detail: expect.stringContaining(`sentinel effect settle (${id}`),
    });
    expect(await stores.effects.settle({ effectId: id, happened, ...said })).toEqual({ settled: true });
    expect((await stores.gate.intent(id))?.status).toBe(status);
    expect(await passGate(stores, forward(next))).toMatchObject({ granted: true });
    const { rows } = await sql<{ text: string }>`select convert_from(canonical, 'utf8') as text from audit
      where subject = ${ready.incidentId} and action = 'effect.settle'`.execute(under.database.db);
    expect(rows.map(({ text }) => JSON.parse(text))).toMatchObject([
      {
        actor: expect.stringContaining('ann'),
        reason: said.reason,
        details: { intentId: id, before: 'uncertain', outcome: status },
      },
    ]);
  });

  test('that was sent waits for Sentinel while its incident is open, and not any more when it is closed', async () => {
    const under = use();
    const { effects, gate } = under.stores;
    const { ready, id } = await effectIn(under, 'sent');
    const settle = () => effects.settle({ effectId: id, happened: true, ...said });
    expect(await settle()).toEqual({ settled: false, reason: 'under-way' });
    await close(under, ready);
    expect(await settle()).toEqual({ settled: true });
    // Whoever wakes up now, and was about to send, or to say what came of it, changes nothing.
    expect(await gate.mark(id, 'sent', '', 2)).toMatchObject({ before: 'applied', send: null });
    expect(await gate.mark(id, 'failed', 'refused')).toMatchObject({ before: 'applied' });
    expect(await settle()).toEqual({ settled: false, reason: 'not-open' });
  });

  test.each(['written', 'applied'] as const)('that is %s is not for people to settle', async (status) => {
    const under = use();
    const { id } = await effectIn(under, status);
    const settled = await under.stores.effects.settle({ effectId: id, happened: false, ...said });
    expect(settled).toEqual({ settled: false, reason: 'not-open' });
    expect((await under.stores.gate.intent(id))?.status).toBe(status);
  });

  test('that does not exist', async () => {
    const settled = await use().stores.effects.settle({ effectId: 'intent-none', happened: true, ...said });
    expect(settled).toEqual({ settled: false, reason: 'unknown' });
  });
});
