// After the gate: leases with fencing numbers, and the way of an intent from written to its end.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { IntentStatus } from '../../../domain/remediation/intent.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, perform, person, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

async function pass({ stores }: StoresUnderTest, { incidentId, planHash }: Ready) {
  return passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
}

async function granted(under: StoresUnderTest, ready: Ready) {
  const passed = await pass(under, ready);
  if (!passed.granted) throw new Error(passed.detail);
  return passed.intent;
}

async function expireLease({ database }: StoresUnderTest, environment: string) {
  await sql`update leases set expires_at_ms = 0 where target_key = ${`service/${environment}/api`}`.execute(
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

  test('two services on one resource are one target', async () => {
    const under = use();
    const resource = `kubernetes/main/shop/deployment/${unique('d')}`;
    const acting = (environment: string, service: string) => {
      const step = stepOf(environment, service);
      const target = { ...step.target, resource };
      return readyToAct(under.stores, {
        environment,
        service,
        steps: [{ ...step, target, before: { ...step.before, target } }],
      });
    };
    const first = await acting(unique('env'), 'orders');
    const second = await acting(first.environment, 'orders-admin');
    await granted(under, first);
    expect(await pass(under, second)).toEqual({
      granted: false,
      reason: 'target-leased',
      detail: `${first.incidentId} is acting on ${first.environment}/orders-admin (${resource})`,
    });
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
    expect(await under.stores.gate.mark(fresh.id, 'sent', 'sending')).toMatchObject({ before: 'written' });
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
    expect(await under.stores.gate.mark(stale.id, 'sent', 'sending')).toMatchObject({ before: 'written' });
  });

  test('a lease that ran out but that nobody took is simply renewed', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const intent = await granted(under, ready);
    await expireLease(under, ready.environment);
    expect(await under.stores.gate.mark(intent.id, 'sent', 'sending')).toMatchObject({ before: 'written' });
    const other = await readyToAct(under.stores, { environment: ready.environment });
    expect(await pass(under, other)).toMatchObject({ granted: false, reason: 'target-leased' });
  });
});

await describeStores('the way of an intent', (use) => {
  type Mark = { readonly status: Exclude<IntentStatus, 'written'>; readonly send?: number };
  test.each<{ from: IntentStatus; mark: Mark; answer: 'moved' | 'overtaken' | 'stays' | 'refused' }>([
    { from: 'written', mark: { status: 'sent' }, answer: 'moved' },
    { from: 'written', mark: { status: 'sent', send: 2 }, answer: 'overtaken' },
    { from: 'written', mark: { status: 'failed' }, answer: 'moved' },
    // Found in the world although the record of its send was lost.
    { from: 'written', mark: { status: 'applied' }, answer: 'moved' },
    { from: 'written', mark: { status: 'uncertain' }, answer: 'refused' },
    { from: 'sent', mark: { status: 'sent' }, answer: 'overtaken' },
    { from: 'sent', mark: { status: 'sent', send: 2 }, answer: 'moved' },
    { from: 'sent', mark: { status: 'sent', send: 3 }, answer: 'overtaken' },
    { from: 'sent', mark: { status: 'applied' }, answer: 'moved' },
    { from: 'sent', mark: { status: 'applied', send: 2 }, answer: 'moved' },
    { from: 'sent', mark: { status: 'failed' }, answer: 'moved' },
    { from: 'sent', mark: { status: 'failed', send: 2 }, answer: 'overtaken' },
    { from: 'sent', mark: { status: 'uncertain' }, answer: 'moved' },
    { from: 'uncertain', mark: { status: 'sent', send: 2 }, answer: 'stays' },
    { from: 'uncertain', mark: { status: 'applied' }, answer: 'stays' },
    { from: 'uncertain', mark: { status: 'failed' }, answer: 'stays' },
    { from: 'applied', mark: { status: 'failed' }, answer: 'stays' },
    { from: 'applied', mark: { status: 'sent', send: 2 }, answer: 'stays' },
    { from: 'failed', mark: { status: 'applied' }, answer: 'stays' },
    { from: 'failed', mark: { status: 'sent', send: 2 }, answer: 'stays' },
  ])('$from → $mark.status (send $mark.send): $answer', async ({ from, mark, answer }) => {
    const under = use();
    const { gate } = under.stores;
    const { id } = await granted(under, await readyToAct(under.stores));
    if (from !== 'written') await gate.mark(id, 'sent', '');
    if (from !== 'written' && from !== 'sent') await gate.mark(id, from, '');
    const asked = gate.mark(id, mark.status, '', mark.send);
    if (answer === 'refused') await expect(asked).rejects.toMatchObject({ name: 'IllegalMark' });
    else expect(await asked).toMatchObject({ before: from, overtaken: answer === 'overtaken' });
    expect((await gate.intent(id))?.status).toBe(answer === 'moved' ? mark.status : from);
  });

  test('a send is numbered and has a time after which its call must not begin, by the clock of the database', async () => {
    const under = use();
    const { gate } = under.withOptions({ sendWithinMs: 60_000 });
    const { id } = await granted(under, await readyToAct(under.stores));
    expect((await gate.intent(id))?.send).toBeNull();
    const { send } = await gate.mark(id, 'sent', '');
    expect(send).toMatchObject({ number: 1, withinMs: 60_000 });
    const stored = (await gate.intent(id))?.send;
    expect(stored).toMatchObject({ number: 1, notAfterMs: send?.notAfterMs });
    expect(stored?.leftMs).toBeGreaterThan(0);
    await sql`update intents set not_after_ms = not_after_ms - 3600000 where id = ${id}`.execute(
      under.database.db,
    );
    expect((await gate.intent(id))?.send?.leftMs).toBeLessThan(0);
  });

  test('an answer that comes after the outcome stands changes nothing, and is kept for whoever settles the effect', async () => {
    const under = use();
    const { gate } = under.stores;
    const ready = await readyToAct(under.stores);
    const { id } = await granted(under, ready);
    await gate.mark(id, 'sent', '');
    await gate.mark(id, 'uncertain', 'nobody can tell');
    await gate.mark(id, 'applied', 'scale on api done');
    const { rows } = await sql<{ text: string }>`select convert_from(canonical, 'utf8') as text from audit
      where subject = ${ready.incidentId} and action = 'effect.answered-late'`.execute(under.database.db);
    expect(rows.map(({ text }) => JSON.parse(text))).toMatchObject([
      { reason: 'scale on api done', details: { intentId: id, answer: 'applied', send: 1 } },
    ]);
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
    await expect(gate.mark(out.id, 'sent', 'again', 2)).rejects.toMatchObject({ name: 'EffectBlocked' });
    expect(await gate.mark(out.id, 'applied', 'done')).toMatchObject({ before: 'sent', overtaken: false });
    await killSwitch.set(environment, false, person('ada', 'admin'), 'go on');
    expect(await gate.mark(waiting.id, 'sent', '')).toMatchObject({ before: 'written', send: { number: 1 } });
  });

  test('nothing is sent for an incident that was closed since the gate', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const { id } = await granted(under, ready);
    await ready.record({ type: 'incident-closed', outcome: 'aborted', reason: 'enough', actor: 'ann' });
    await expect(under.stores.gate.mark(id, 'sent', '')).rejects.toMatchObject({
      name: 'EffectBlocked',
      reason: 'incident-closed',
    });
    expect((await under.stores.gate.intent(id))?.status).toBe('written');
  });

  test('the lease is renewed for as long as a call is under way, and not any more for one that was replaced', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const { id } = await granted(under, ready);
    const leftMs = async (): Promise<number> => {
      const { rows } = await sql<{ expires_at_ms: number }>`select expires_at_ms from leases
        where target_key = ${`service/${ready.environment}/api`}`.execute(under.database.db);
      return (rows[0]?.expires_at_ms ?? 0) - Date.now();
    };
    await expireLease(under, ready.environment);
    await under.stores.gate.renew(id);
    expect(await leftMs()).toBeGreaterThan(0);
    await expireLease(under, ready.environment);
    const next = await readyToAct(under.stores, { environment: ready.environment });
    const other = await granted(under, next);
    await expireLease(under, ready.environment);
    await under.stores.gate.renew(id);
    expect(await leftMs()).toBeLessThan(0);
    await under.stores.gate.renew(other.id);
    expect(await leftMs()).toBeGreaterThan(0);
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
      'incident_id, plan_hash, step, direction, environment, target_key, touches, step_key, fence, body, status';
    await expect(
      run(`insert into intents (id, ${copied}, written_at_ms, updated_at_ms)
        select 'copy', ${copied}, 0, 0 from intents where id = '${id}'`),
    ).rejects.toThrow('duplicate key');
    const open = await granted(under, await readyToAct(under.stores));
    await expect(run(`update intents set body = '{}' where id = '${open.id}'`)).rejects.toThrow('rewritten');
    await under.stores.gate.mark(open.id, 'sent', '');
    await under.stores.gate.mark(open.id, 'uncertain', '');
    const back = [`status = 'sent'`, `status = 'written'`, 'sends = 0', 'fence = 99'];
    for (const change of back)
      await expect(run(`update intents set ${change} where id = '${open.id}'`)).rejects.toThrow('rewritten');
  });
});
