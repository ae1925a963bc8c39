// After the gate: leases with fencing numbers, and the way of an intent from written to its end.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { IntentStatus } from '../../../domain/remediation/intent.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { perform, person, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

async function pass({ stores }: StoresUnderTest, { incidentId, planHash }: Ready) {
  return stores.gate.pass({ incidentId, planHash, step: 0, direction: 'forward' });
}

async function granted(under: StoresUnderTest, ready: Ready) {
  const passed = await pass(under, ready);
  if (!passed.granted) throw new Error(passed.detail);
  return passed.intent;
}

async function expireLease({ database }: StoresUnderTest, environment: string) {
  await sql`update leases set expires_at_ms = 0 where target_key = ${`${environment}/api`}`.execute(
    database.db,
  );
}

await describeStores('leases', (use) => {
  test('while one incident acts on a target no other does; when it is closed the next may, with a higher fence', async () => {
    const under = use();
    const first = await readyToAct(under.stores);
    const second = await readyToAct(under.stores, { environment: first.environment });
    const intent = await granted(under, first);
    expect(await pass(under, second)).toEqual({
      granted: false,
      reason: 'target-leased',
      detail: `${first.incidentId} is acting on ${first.environment}/api`,
    });
    await under.stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now());
    expect((await granted(under, second)).fence).toBe(intent.fence + 1);
  });

  test('a lease whose time is over can be taken over, and the one who lost it is stopped before the call', async () => {
    const under = use();
    const slow = await readyToAct(under.stores);
    const stale = await granted(under, slow);
    await expireLease(under, slow.environment);
    const fast = await readyToAct(under.stores, { environment: slow.environment });
    const fresh = await granted(under, fast);
    expect(fresh.fence).toBe(stale.fence + 1);

    await expect(under.stores.gate.mark(stale.id, 'sent', 'sending')).rejects.toMatchObject({
      name: 'EffectBlocked',
      reason: 'stale-fence',
    });
    expect(await under.stores.gate.intent(stale.id)).toMatchObject({ status: 'written' });
    expect(await under.stores.gate.mark(fresh.id, 'sent', 'sending')).toBe('written');
  });

  test('an intent that was stopped gets a new fence when it passes the gate again', async () => {
    const under = use();
    const slow = await readyToAct(under.stores);
    const stale = await granted(under, slow);
    await expireLease(under, slow.environment);
    const other = await readyToAct(under.stores, { environment: slow.environment });
    await granted(under, other);
    expect(await pass(under, slow)).toMatchObject({ granted: false, reason: 'target-leased' });
    await under.stores.incidents.closeEpisode(other.incidentId, 'resolved', Date.now());
    const again = await granted(under, slow);
    expect(again).toEqual({ ...stale, fence: stale.fence + 2 });
    expect(await under.stores.gate.mark(stale.id, 'sent', 'sending')).toBe('written');
  });

  test('a lease that ran out but that nobody took is simply renewed', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const intent = await granted(under, ready);
    await expireLease(under, ready.environment);
    expect(await under.stores.gate.mark(intent.id, 'sent', 'sending')).toBe('written');
    const other = await readyToAct(under.stores, { environment: ready.environment });
    expect(await pass(under, other)).toMatchObject({ granted: false, reason: 'target-leased' });
  });
});

await describeStores('the way of an intent', (use) => {
  test.each<{ from: IntentStatus; to: IntentStatus; answer: IntentStatus | 'refused'; later: IntentStatus }>([
    { from: 'written', to: 'sent', answer: 'written', later: 'sent' },
    { from: 'written', to: 'failed', answer: 'written', later: 'failed' },
    { from: 'written', to: 'applied', answer: 'refused', later: 'written' },
    { from: 'sent', to: 'sent', answer: 'sent', later: 'sent' },
    { from: 'sent', to: 'applied', answer: 'sent', later: 'applied' },
    { from: 'sent', to: 'failed', answer: 'sent', later: 'failed' },
    { from: 'sent', to: 'written', answer: 'refused', later: 'sent' },
    { from: 'applied', to: 'failed', answer: 'applied', later: 'applied' },
    { from: 'applied', to: 'sent', answer: 'applied', later: 'applied' },
    { from: 'failed', to: 'applied', answer: 'failed', later: 'failed' },
    { from: 'failed', to: 'sent', answer: 'failed', later: 'failed' },
  ])('$from → $to: $answer, then $later', async ({ from, to, answer, later }) => {
    const under = use();
    const { gate } = under.stores;
    const { id } = await granted(under, await readyToAct(under.stores));
    if (from !== 'written') await gate.mark(id, 'sent', '');
    if (from === 'applied' || from === 'failed') await gate.mark(id, from, '');
    const asked = gate.mark(id, to, '');
    if (answer === 'refused') await expect(asked).rejects.toMatchObject({ name: 'IllegalMark' });
    else expect(await asked).toBe(answer);
    expect((await gate.intent(id))?.status).toBe(later);
  });

  test('an unknown intent is null, and cannot be marked', async () => {
    const { stores } = use();
    expect(await stores.gate.intent('intent-none')).toBeNull();
    await expect(stores.gate.mark('intent-none', 'sent', '')).rejects.toMatchObject({ name: 'IllegalMark' });
  });

  test('a kill switch engaged after the gate stops the call, and a second one; what went out is still followed up', async () => {
    const under = use();
    const { gate, killSwitch } = under.stores;
    const environment = unique('env');
    const waiting = await granted(under, await readyToAct(under.stores, { environment }));
    const steps = [stepOf(environment, 'worker')];
    const out = await granted(
      under,
      await readyToAct(under.stores, { environment, service: 'worker', steps }),
    );
    await gate.mark(out.id, 'sent', '');
    await killSwitch.set(environment, true, person('ada', 'admin'), 'stop');
    await expect(gate.mark(waiting.id, 'sent', '')).rejects.toMatchObject({
      name: 'EffectBlocked',
      reason: 'kill-switch',
    });
    await expect(gate.mark(out.id, 'sent', 'again')).rejects.toMatchObject({ name: 'EffectBlocked' });
    expect(await gate.mark(out.id, 'applied', 'done')).toBe('sent');
    await killSwitch.set(environment, false, person('ada', 'admin'), 'go on');
    expect(await gate.mark(waiting.id, 'sent', '')).toBe('written');
  });

  test('the table itself refuses a second forward intent of a step, a rewritten one, and a changed end', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const id = await perform(under.stores, ready);
    const run = (statement: string) => sql.raw(statement).execute(under.database.db);
    await expect(run(`update intents set status = 'failed' where id = '${id}'`)).rejects.toThrow(
      'already applied',
    );
    await expect(run(`delete from intents where id = '${id}'`)).rejects.toThrow('never deleted');
    const copied =
      'incident_id, plan_hash, step, direction, environment, target_key, step_key, fence, body, status';
    await expect(
      run(`insert into intents (id, ${copied}, written_at_ms, updated_at_ms)
        select 'copy', ${copied}, 0, 0 from intents where id = '${id}'`),
    ).rejects.toThrow('duplicate key');
    const open = await granted(under, await readyToAct(under.stores));
    await expect(run(`update intents set body = '{}' where id = '${open.id}'`)).rejects.toThrow('rewritten');
  });
});
