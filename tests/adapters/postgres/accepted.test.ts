// What a vendor has taken on, as the gate keeps it; whether a further call of it may go out; and what a dry run does not count as.

import { expect, test } from 'vitest';
import { limitsConfigSchema } from '../../../domain/remediation/limits.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, person, type Ready, readyToAct, unique } from './fixtures.ts';

async function granted({ stores }: StoresUnderTest, { incidentId, planHash }: Ready): Promise<string> {
  const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
  if (!passed.granted) throw new Error(passed.detail);
  return passed.intent.id;
}

await describeStores('an effect that was accepted', (use) => {
  test('keeps its first handle, and how long ago that was', async () => {
    const { gate } = use().stores;
    const id = await granted(use(), await readyToAct(use().stores));
    expect(await gate.accept(id, 1, 'too early'), 'nothing was sent').toEqual({
      before: 'written',
      overtaken: false,
    });
    await gate.mark(id, 'sent', 'sending');
    expect((await gate.intent(id))?.accepted).toBeNull();
    expect(await gate.accept(id, 1, 'rollout-7')).toEqual({ before: 'sent', overtaken: false });
    await gate.accept(id, 1, 'rollout-8');
    const accepted = (await gate.intent(id))?.accepted;
    expect(accepted).toMatchObject({ handle: 'rollout-7' });
    expect(accepted?.forMs).toBeGreaterThanOrEqual(0);
    await gate.mark(id, 'applied', 'done');
    expect(await gate.accept(id, 1, 'late')).toEqual({ before: 'applied', overtaken: false });
  });

  test('belongs to its send: the next one begins without a handle, and an old answer is overtaken', async () => {
    const { gate } = use().stores;
    const id = await granted(use(), await readyToAct(use().stores));
    await gate.mark(id, 'sent', 'sending');
    await gate.accept(id, 1, 'rollout-7');
    await gate.mark(id, 'sent', 'sending again', 2);
    expect((await gate.intent(id))?.accepted).toBeNull();
    expect(await gate.accept(id, 1, 'rollout-7')).toEqual({ before: 'sent', overtaken: true });
    expect((await gate.intent(id))?.accepted).toBeNull();
  });

  test('refuses a handle that is longer than any may be', async () => {
    const { gate } = use().stores;
    const id = await granted(use(), await readyToAct(use().stores));
    await gate.mark(id, 'sent', 'sending');
    await expect(gate.accept(id, 1, 'x'.repeat(2_001))).rejects.toThrow(/handle/);
  });
});

await describeStores('a further call of one send', (use) => {
  test.each<{
    what: string;
    change: (under: StoresUnderTest, ready: Ready, id: string) => Promise<unknown>;
    reason: RegExp;
  }>([
    {
      what: 'a kill switch',
      change: ({ stores }, { environment }) =>
        stores.killSwitch.set(environment, true, person('ann', 'admin'), 'stop everything'),
      reason: /stop everything/,
    },
    {
      what: 'the end of the incident',
      change: ({ stores }, { incidentId }) =>
        stores.incidents.closeEpisode(incidentId, 'escalated', Date.now()),
      reason: /closed/,
    },
    {
      what: 'another send',
      change: ({ stores }, _ready, id) => stores.gate.mark(id, 'sent', 'again', 2),
      reason: /not under way/,
    },
    {
      what: 'its outcome',
      change: ({ stores }, _ready, id) => stores.gate.mark(id, 'uncertain', 'nobody knows'),
      reason: /not under way/,
    },
  ])('is permitted until $what forbids it', async ({ change, reason }) => {
    const under = use();
    const { gate } = under.stores;
    const ready = await readyToAct(under.stores);
    const id = await granted(under, ready);
    expect(await gate.permit(id, 1), 'nothing was sent').toMatchObject({ ok: false });
    await gate.mark(id, 'sent', 'sending');
    expect(await gate.permit(id, 1)).toEqual({ ok: true });
    expect(await gate.renew(id)).toBe(true);
    await change(under, ready, id);
    expect(await gate.permit(id, 1)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });

  test.each(['abort', 'take-over'] as const)(
    'may still be cancelled after %s, and not under a kill switch',
    async (kind) => {
      const under = use();
      const { gate, stops, killSwitch } = under.stores;
      const ready = await readyToAct(under.stores);
      const id = await granted(under, ready);
      await gate.mark(id, 'sent', 'sending');
      expect(await gate.stopped(id)).toBeNull();
      await stops.request({
        incidentId: ready.incidentId,
        kind,
        principal: person('ann'),
        reason: 'wrong tree',
      });
      expect(await gate.stopped(id)).toContain('wrong tree');
      expect(await gate.permit(id, 1)).toMatchObject({ ok: false });
      expect(await gate.permit(id, 1, 'cancel')).toEqual({ ok: true });
      await killSwitch.set(ready.environment, true, person('ann'), 'maintenance');
      expect(await gate.permit(id, 1, 'cancel')).toMatchObject({ ok: false });
      await killSwitch.set(ready.environment, false, person('ann'), 'over');
      await gate.mark(id, 'failed', 'stopped');
      expect(await gate.permit(id, 1, 'cancel'), 'it has ended').toMatchObject({ ok: false });
    },
  );

  test('is not of an intent that nobody knows', async () => {
    const { gate } = use().stores;
    expect(await gate.permit('intent-none', 1)).toMatchObject({ ok: false });
    expect(await gate.renew('intent-none')).toBe(false);
  });
});

await describeStores('what was never sent', (use) => {
  test('is no effect to the limits: a dry run leaves room for a real one', async () => {
    const given = use();
    const limits = limitsConfigSchema.parse({ effectsPerTargetPerHour: 1 });
    const under = { ...given, stores: given.withOptions({ limits }) };
    const environment = unique('env');
    for (let runs = 0; runs < 2; runs += 1) {
      const ready = await readyToAct(under.stores, { environment });
      const id = await granted(under, ready);
      await under.stores.gate.mark(id, 'failed', 'dry run, nothing was done');
      await under.stores.incidents.closeEpisode(ready.incidentId, 'escalated', Date.now());
    }
    const real = await readyToAct(under.stores, { environment });
    const sent = await granted(under, real);
    await under.stores.gate.mark(sent, 'sent', 'sending');
    await under.stores.gate.mark(sent, 'failed', 'no capacity');
    await under.stores.incidents.closeEpisode(real.incidentId, 'escalated', Date.now());
    await expect(
      readyToAct(under.stores, { environment }).then((ready) => granted(under, ready)),
    ).rejects.toThrow('1 effects on');
  });
});

await describeStores('a step after others', (use) => {
  test('is kept in while what they did cannot be seen; an undo is not', async () => {
    const { gate } = use().stores;
    const ready = await readyToAct(use().stores);
    const input = { incidentId: ready.incidentId, planHash: ready.planHash, step: 0 };
    const detail = 'after scale: 1 of 4 replicas are ready';
    const nobody = { kind: 'unseen', reason: 'away' } as const;
    expect(await gate.pass({ ...input, direction: 'forward' }, nobody, detail)).toEqual({
      granted: false,
      reason: 'step-unfinished',
      detail,
    });
    expect(await gate.pass({ ...input, direction: 'compensation' }, nobody, detail)).toMatchObject({
      reason: 'out-of-order',
    });
    expect(await granted(use(), ready)).toMatch(/^intent-/);
  });
});
