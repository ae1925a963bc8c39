// Changes as diagnosis reads them: what Sentinel itself made is known by its intents, whoever told of it.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { passGate, perform, readyToAct, stepOf, unique } from './fixtures.ts';

await describeStores('changes', (use) => {
  const changeTo = (environment: string, to: string, atMs = Date.now()) => ({
    ...{ kind: 'change' as const, id: unique('change'), type: 'scale', environment, service: 'api', atMs },
    ...{ summary: `api 2 → ${to} replicas`, attributes: { from: '2', to } },
  });

  test('one that an effect made has the id of its intent, another one at the same time has none', async () => {
    const { stores } = use();
    const environment = unique('env');
    const intent = await perform(stores, await readyToAct(stores, { environment }));
    const [own, other] = [changeTo(environment, '4'), changeTo(environment, '7', Date.now() + 1)];
    for (const change of [own, other]) await stores.episodes.rememberChange(change);
    const read = await stores.evidence.changes(environment, Date.now() - 60_000, Date.now() + 60_000);
    expect(read).toEqual([{ ...own, ownIntent: intent }, other]);
  });

  test('what was never sent, or certainly failed, made none', async () => {
    const { stores } = use();
    const environment = unique('env');
    const ready = await readyToAct(stores, { environment, steps: [stepOf(environment, 'api')] });
    const input = { incidentId: ready.incidentId, planHash: ready.planHash, step: 0 };
    const passed = await passGate(stores, { ...input, direction: 'forward' });
    if (!passed.granted) throw new Error(passed.detail);
    const change = changeTo(environment, '4');
    await stores.episodes.rememberChange(change);
    const read = () => stores.evidence.changes(environment, Date.now() - 60_000, Date.now() + 60_000);
    expect(await read()).toEqual([change]);
    await stores.gate.mark(passed.intent.id, 'sent', 'sending');
    expect(await read()).toEqual([{ ...change, ownIntent: passed.intent.id }]);
    await stores.gate.mark(passed.intent.id, 'failed', 'refused');
    expect(await read()).toEqual([change]);
  });
});
