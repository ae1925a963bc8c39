// A stop is obeyed by the store itself: nothing that it forbids passes the gate or goes out, whoever has heard of it.

import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { passGate, perform, person, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

const forward = ({ incidentId, planHash }: Ready, step = 0) =>
  ({ incidentId, planHash, step, direction: 'forward' }) as const;
const compensation = ({ incidentId, planHash }: Ready) =>
  ({ incidentId, planHash, step: 0, direction: 'compensation' }) as const;
const by = (name: string, { incidentId }: Ready, kind: 'take-over' | 'abort') => ({
  incidentId,
  kind,
  principal: person(name),
  reason: 'mine',
});

await describeStores('a stop', (use) => {
  test('is stored with who asked for it, and is in the audit trail', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    expect(await stores.stops.read(ready.incidentId)).toBeNull();
    const asked = by('ann', ready, 'take-over');
    expect(await stores.stops.request(asked)).toEqual({ recorded: true, repeated: false });
    expect(await stores.stops.request(asked)).toEqual({ recorded: true, repeated: true });
    expect(await stores.stops.read(ready.incidentId)).toEqual({
      kind: 'take-over',
      actor: 'person:ann',
      reason: 'mine',
    });
    const { items } = await stores.audit.query(
      { subject: ready.incidentId, action: 'incident.stop' },
      10,
      null,
    );
    expect(items).toMatchObject([{ actor: 'person:ann', reason: 'mine' }]);
  });

  test('may go further, and not back', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    expect(await stores.stops.request(by('ann', ready, 'abort'))).toMatchObject({ recorded: true });
    expect(await stores.stops.request(by('bob', ready, 'take-over'))).toMatchObject({ recorded: true });
    expect(await stores.stops.request(by('ann', ready, 'abort'))).toMatchObject({
      recorded: false,
      reason: 'already-decided',
    });
    expect(await stores.stops.read(ready.incidentId)).toMatchObject({
      kind: 'take-over',
      actor: 'person:bob',
    });
  });

  test('of an incident that is closed or unknown is refused', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const incidentId = unique('incident/nobody');
    expect(await stores.stops.request({ ...by('ann', ready, 'abort'), incidentId })).toMatchObject({
      reason: 'unknown-incident',
    });
    await ready.record({ type: 'incident-closed', outcome: 'escalated', reason: 'r', actor: 'sentinel' });
    expect(await stores.stops.request(by('ann', ready, 'abort'))).toMatchObject({ reason: 'closed' });
  });

  test.for(['take-over', 'abort'] as const)('(%s) shuts the gate for every further step', async (kind) => {
    const { stores } = use();
    const environment = unique('env');
    const ready = await readyToAct(stores, {
      environment,
      steps: [stepOf(environment, 'api'), stepOf(environment, 'db')],
    });
    await perform(stores, ready, 0);
    await stores.stops.request(by('ann', ready, kind));
    expect(await passGate(stores, forward(ready, 1))).toMatchObject({ granted: false, reason: 'stopped' });
    const undo = await passGate(stores, compensation(ready));
    expect(undo).toMatchObject(kind === 'abort' ? { granted: true } : { granted: false, reason: 'stopped' });
  });

  test('after the gate holds the call back, and a repeated question to the gate', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const passed = await passGate(stores, forward(ready));
    if (!passed.granted) throw new Error(passed.detail);
    await stores.stops.request(by('ann', ready, 'abort'));
    await expect(stores.gate.mark(passed.intent.id, 'sent', 'sending')).rejects.toMatchObject({
      name: 'EffectBlocked',
      reason: 'stopped',
    });
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false, reason: 'stopped' });
  });

  test('holds back a second call for what was sent and turned out not to have happened', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const passed = await passGate(stores, forward(ready));
    if (!passed.granted) throw new Error(passed.detail);
    await stores.gate.mark(passed.intent.id, 'sent', 'sending');
    await stores.stops.request(by('ann', ready, 'take-over'));
    await expect(stores.gate.mark(passed.intent.id, 'sent', 'again', 2)).rejects.toMatchObject({
      reason: 'stopped',
    });
  });

  test('holds an undo back between the gate and the call when it is a take-over', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await perform(stores, ready);
    const undo = await passGate(stores, compensation(ready));
    if (!undo.granted) throw new Error(undo.detail);
    await stores.stops.request(by('ann', ready, 'abort'));
    await stores.stops.request(by('ann', ready, 'take-over'));
    await expect(stores.gate.mark(undo.intent.id, 'sent', 'undoing')).rejects.toMatchObject({
      reason: 'stopped',
    });
  });

  test('is to be delivered until the workflow has heard of it, or the incident is closed', async () => {
    const { stores } = use();
    const [heard, closed] = [await readyToAct(stores), await readyToAct(stores)];
    const ids = async () => (await stores.stops.undelivered(1_000)).map(({ incidentId }) => incidentId);
    await stores.stops.request(by('ann', heard, 'abort'));
    await stores.stops.request(by('ann', closed, 'abort'));
    expect(await ids()).toEqual(expect.arrayContaining([heard.incidentId, closed.incidentId]));
    await stores.stops.delivered(heard.incidentId, 'abort');
    await closed.record({ type: 'incident-closed', outcome: 'aborted', reason: 'r', actor: 'ann' });
    expect(await ids()).not.toContain(heard.incidentId);
    expect(await ids()).not.toContain(closed.incidentId);
    await stores.stops.request(by('bob', heard, 'take-over'));
    expect(await ids()).toContain(heard.incidentId);
  });
});

await describeStores('an abort of what a person has in hand', (use) => {
  const handOver = (ready: Ready, outcome: 'taken-over' | 'escalated') =>
    ready.record({ type: 'handed-over', outcome, actor: 'person:ann', reason: 'mine' });
  const refused = { recorded: false, reason: 'handed-over', detail: expect.stringContaining('close it') };

  test.for(['taken-over', 'escalated'] as const)('(%s) is refused, and names close', async (outcome) => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    if (outcome === 'taken-over') await stores.stops.request(by('ann', ready, 'take-over'));
    await handOver(ready, outcome);
    for (const name of ['ann', 'bob', 'bob'])
      expect(await stores.stops.request(by(name, ready, 'abort'))).toEqual(refused);
    // Nothing was changed by it: closing still works, and nothing passes the gate.
    expect(await stores.stops.request({ ...by('bob', ready, 'abort'), kind: 'close' })).toMatchObject({
      recorded: true,
    });
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false });
  });

  test('that was asked for before is the same abort, however often it is repeated', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    await stores.stops.request(by('ann', ready, 'abort'));
    await handOver(ready, 'escalated');
    expect(await stores.stops.request(by('ann', ready, 'abort'))).toEqual({ recorded: true, repeated: true });
    expect(await stores.stops.request(by('bob', ready, 'abort'))).toEqual(refused);
  });
});

await describeStores('the end of an episode', (use) => {
  test('gives up what the gate had granted and nobody sent', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const passed = await passGate(stores, forward(ready));
    if (!passed.granted) throw new Error(passed.detail);
    await stores.incidents.closeEpisode(ready.incidentId, 'taken-over', Date.now());
    expect(await stores.gate.intent(passed.intent.id)).toMatchObject({ status: 'failed' });
  });

  test('closing what was handed over is stored first, too, whoever had taken it over', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores);
    const close = (name: string) =>
      ({ incidentId: ready.incidentId, kind: 'close', principal: person(name), reason: 'known' }) as const;
    expect(await stores.stops.request(close('ann'))).toMatchObject({ reason: 'not-handed-over' });
    await stores.stops.request(by('ann', ready, 'take-over'));
    await stores.stops.delivered(ready.incidentId, 'take-over');
    await ready.record({ type: 'handed-over', outcome: 'taken-over', actor: 'person:ann', reason: 'mine' });
    expect(await stores.stops.request(close('bob'))).toEqual({ recorded: true, repeated: false });
    expect(await stores.stops.request(close('bob'))).toEqual({ recorded: true, repeated: true });
    for (const late of [close('ann'), by('ann', ready, 'take-over'), by('bob', ready, 'abort')])
      expect(await stores.stops.request(late)).toMatchObject({ reason: 'already-decided' });
    const mine = async () =>
      (await stores.stops.undelivered(1_000)).filter(({ incidentId }) => incidentId === ready.incidentId);
    expect(await mine()).toEqual([
      { incidentId: ready.incidentId, kind: 'close', actor: 'person:bob', reason: 'known' },
    ]);
    await stores.stops.delivered(ready.incidentId, 'close');
    expect(await mine()).toEqual([]);
    const { items } = await stores.audit.query(
      { subject: ready.incidentId, action: 'incident.intervene' },
      10,
      null,
    );
    expect(items).toMatchObject([{ actor: 'person:bob', reason: 'known' }]);
    expect(await passGate(stores, forward(ready))).toMatchObject({ granted: false });
  });
});
