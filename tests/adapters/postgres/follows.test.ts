// What comes back soon after its incident ended follows it, and a fix that did not last is not repeated alone.

import { expect, test } from 'vitest';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { anomalyOf, auto, diagnosed, passGate, planOf, propose, stepOf, tell, unique } from './fixtures.ts';

const minuteMs = 60_000;
const config = { windowMs: 120_000, maxHops: 0 };

async function open({ stores }: StoresUnderTest, environment: string, onsetMs: number) {
  const assigned = await stores.episodes.assign(anomalyOf({ environment, onsetMs }), config);
  if (assigned.kind !== 'incident') throw new Error(`ignored: ${assigned.reason}`);
  return assigned.input;
}

await describeStores('what comes back', (use) => {
  test('five minutes after its incident ended follows it, and counts the times', async () => {
    const under = use();
    const environment = unique('env');
    const nowMs = Date.now();
    const first = await open(under, environment, nowMs - 40 * minuteMs);
    expect(first).not.toHaveProperty('follows');
    await under.stores.incidents.closeEpisode(first.incidentId, 'resolved', nowMs - 25 * minuteMs);
    const second = await open(under, environment, nowMs - 20 * minuteMs);
    expect(second.follows).toEqual({
      incidentId: first.incidentId,
      times: 2,
      sinceMs: nowMs - 40 * minuteMs,
    });
    expect(second.title).toMatch(/ \(again, 2nd time in 20 min\)$/);
    await under.stores.incidents.closeEpisode(second.incidentId, 'escalated', nowMs - 5 * minuteMs);
    const third = await open(under, environment, nowMs);
    expect(third.follows).toEqual({
      incidentId: second.incidentId,
      times: 3,
      sinceMs: nowMs - 40 * minuteMs,
    });
    expect(third.title).toMatch(/ \(again, 3rd time in 40 min\)$/);
  });

  test('after the window, elsewhere, or as another series is new', async () => {
    const under = use();
    const environment = unique('env');
    const nowMs = Date.now();
    const first = await open(under, environment, nowMs - 200 * minuteMs);
    await under.stores.incidents.closeEpisode(first.incidentId, 'resolved', nowMs - 61 * minuteMs);
    expect(await open(under, environment, nowMs)).not.toHaveProperty('follows');
    expect(await open(under, unique('env'), nowMs)).not.toHaveProperty('follows');
    const wider = under.withOptions({ followsWithinMs: 120 * minuteMs });
    const place = unique('env');
    const before = await open(under, place, nowMs - 200 * minuteMs);
    await under.stores.incidents.closeEpisode(before.incidentId, 'resolved', nowMs - 61 * minuteMs);
    const again = await wider.episodes.assign(anomalyOf({ environment: place, onsetMs: nowMs }), config);
    expect(again).toMatchObject({ input: { follows: { incidentId: before.incidentId } } });
    const other = await wider.episodes.assign(
      anomalyOf({ environment: place, service: 'other', onsetMs: nowMs }),
      config,
    );
    expect(other).toMatchObject({ kind: 'incident' });
    expect(other).not.toHaveProperty('input.follows');
  });

  test('a step that did not last is not repeated without a person; another one is', async () => {
    const under = use();
    const { stores } = under;
    const environment = unique('env');
    const nowMs = Date.now();
    const step = stepOf(environment, 'api');
    const first = await open(under, environment, nowMs - 10 * minuteMs);
    const told = tell(stores, environment, 'api', first.incidentId);
    await told.record(told.opened, { type: 'enrichment-started', attempt: 1 });
    const { planHash } = await propose(stores, told, [step], auto);
    const effect = { incidentId: first.incidentId, planHash, step: 0, direction: 'forward' } as const;
    const passed = await passGate(stores, effect);
    if (!passed.granted) throw new Error(passed.detail);
    await stores.gate.mark(passed.intent.id, 'sent', '');
    await stores.gate.mark(passed.intent.id, 'applied', '');
    await stores.incidents.closeEpisode(first.incidentId, 'resolved', nowMs - 5 * minuteMs);

    const second = await open(under, environment, nowMs);
    const again = tell(stores, environment, 'api', second.incidentId);
    await again.record(again.opened, { type: 'enrichment-started', attempt: 1 });
    const same = await propose(stores, again, [step], auto);
    expect(
      await passGate(stores, { ...effect, incidentId: second.incidentId, planHash: same.planHash }),
    ).toMatchObject({
      granted: false,
      reason: 'approval-needed',
      detail: expect.stringContaining('whether scale@'),
    });
    const { canonical, ...restart } = planOf(
      second.incidentId,
      [stepOf(environment, 'api', { action: 'restart' })],
      2,
    );
    await stores.plans.savePlan(restart, canonical);
    await stores.diagnoses.save(second.incidentId, 2, diagnosed);
    expect(await stores.diagnoses.context(second.incidentId, 2)).toMatchObject({ missing: [] });
    expect(await stores.diagnoses.context(second.incidentId, 1)).toMatchObject({
      missing: [expect.stringContaining('the symptom came back')],
    });
  });
});
