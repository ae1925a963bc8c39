// What a person found out about an effect, on its way into the record of its incident.

import { expect, test } from 'vitest';
import { IncidentEventConflict, IncidentEventGap } from '../../../adapters/postgres/incident-store.ts';
import { createSettlements } from '../../../adapters/postgres/settlements.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, person, type Ready, readyToAct } from './fixtures.ts';

const said = { principal: person('ann'), reason: 'four run', happened: true };

/** An effect of unknown outcome that its incident knows of, settled. */
async function settled({ stores }: StoresUnderTest): Promise<{ ready: Ready; effectId: string }> {
  const ready = await readyToAct(stores);
  const { incidentId, planHash } = ready;
  const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
  if (!passed.granted) throw new Error(passed.detail);
  const { id: intentId } = passed.intent;
  await stores.gate.mark(intentId, 'sent', '');
  await stores.gate.mark(intentId, 'uncertain', '');
  const about = { intentId, step: 0, direction: 'forward' } as const;
  await ready.record(
    { type: 'intent-written', ...about },
    { type: 'effect-failed', ...about, reason: '?', uncertain: true },
  );
  expect(await stores.effects.settle({ effectId: intentId, ...said })).toEqual({ settled: true });
  return { ready, effectId: intentId };
}

async function untold({ stores }: StoresUnderTest, { incidentId }: Ready) {
  const [one] = (await stores.settlements.untold(1_000)).filter((each) => each.incidentId === incidentId);
  return one;
}

const close = { type: 'incident-closed', outcome: 'escalated', reason: '?', actor: 'sentinel' } as const;

await describeStores('a settled effect', (use) => {
  test('is told until the record of its incident has it', async () => {
    const under = use();
    const { ready, effectId } = await settled(under);
    const settlement = await untold(under, ready);
    expect(settlement).toEqual({
      ...{ incidentId: ready.incidentId, intentId: effectId, step: 0, direction: 'forward', happened: true },
      ...{ actor: expect.stringContaining('ann'), reason: 'four run' },
    });
    if (settlement === undefined) throw new Error('it is not told yet');
    // Its workflow runs, and numbers the events.
    expect(await under.stores.settlements.record(settlement)).toBe(false);
    const { incidentId: _of, ...event } = settlement;
    await ready.record({ type: 'effect-settled', ...event });
    expect(await untold(under, ready)).toBeUndefined();
  });

  test('is written into the record of an incident that is closed, once, and seen everywhere', async () => {
    const under = use();
    const { stores } = under;
    const { ready } = await settled(under);
    await ready.record(close);
    const settlement = await untold(under, ready);
    if (settlement === undefined) throw new Error('it is not told yet');
    const { lastSeq } = ready.state();
    await stores.notifications.register(`${ready.incidentId}/channel`);
    expect(await stores.settlements.record(settlement)).toBe(true);
    expect(await untold(under, ready)).toBeUndefined();
    const timeline = await stores.incidentReader.timeline(ready.incidentId, lastSeq, 10);
    expect(timeline).toMatchObject([
      { type: 'effect-settled', seq: lastSeq + 1, happened: true, reason: 'four run' },
    ]);
    const found = await stores.incidentReader.get(ready.incidentId);
    expect(found?.state).toMatchObject({
      status: 'closed',
      lastSeq: lastSeq + 1,
      effects: [{ status: 'applied' }],
    });
    const { items } = await stores.audit.query({ subject: ready.incidentId }, 50, null);
    const audited = items.filter(({ canonical }) => canonical.includes('effect-settled'));
    expect(audited.map(({ action }) => action)).toEqual(['incident.event']);
    await stores.notifications.notice(`${ready.incidentId}/channel`);
    expect(await stores.notifications.waiting(`${ready.incidentId}/channel`)).toBe(1);
  });

  test('waits for another time where the record goes on at this moment, and hides no other trouble', async () => {
    const under = use();
    const { ready } = await settled(under);
    await ready.record(close);
    const settlement = await untold(under, ready);
    if (settlement === undefined) throw new Error('it is not told yet');
    const recordWith = (error: Error) =>
      createSettlements(under.database.db, { recordEvents: () => Promise.reject(error) }).record(settlement);
    expect(await recordWith(new IncidentEventConflict('another event has this number'))).toBe(false);
    expect(await recordWith(new IncidentEventGap('an earlier batch is on its way'))).toBe(false);
    await expect(recordWith(new Error('connection refused'))).rejects.toThrow('connection refused');
    expect(await untold(under, ready)).toEqual(settlement);
  });

  test('gives way to whoever writes the record at the same moment, and is told then', async () => {
    const under = use();
    const { stores } = under;
    const { ready } = await settled(under);
    await ready.record(close);
    const settlement = await untold(under, ready);
    if (settlement === undefined) throw new Error('it is not told yet');
    const [first, second] = await Promise.all([
      stores.settlements.record(settlement),
      stores.settlements.record(settlement),
    ]);
    expect([first, second]).toContain(true);
    const timeline = await stores.incidentReader.timeline(ready.incidentId, 0, 100);
    expect(timeline.filter(({ type }) => type === 'effect-settled').length).toBeGreaterThanOrEqual(1);
    expect(timeline.map(({ seq }) => seq)).toEqual(timeline.map((_, index) => index + 1));
  });
});
