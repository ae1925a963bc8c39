// Several incidents act in one environment at the same moment: what they disturb adds up.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { describeStores } from '../../support/stores.ts';
import { perform, readyToAct, stepOf, unique } from './fixtures.ts';

await describeStores('acting on several targets at once', (use) => {
  test('is held to a share of their tier, until what was done has ended', async () => {
    const under = use();
    const environment = unique('env');
    const about = (service: string, tier: string) => {
      const step = stepOf(environment, service, { action: 'restart', parameters: {}, inverse: null });
      const replicas = [{ id: 'r1', state: 'running' as const, startedAtMs: 0, restarts: 0 }];
      return readyToAct(under.stores, {
        environment,
        service,
        steps: [{ ...step, before: { ...step.before, replicas, tier } }],
      });
    };
    const pass = async (ready: Awaited<ReturnType<typeof about>>, peers?: number) => {
      const { incidentId, planHash } = ready;
      const state = ready.plan.plan.steps[0]?.before;
      if (state === undefined) throw new Error('the plan has a step');
      const input = { incidentId, planHash, step: 0, direction: 'forward' } as const;
      return under.stores.gate.pass(input, {
        kind: 'seen',
        state,
        ...(peers === undefined ? {} : { peers }),
      });
    };
    const held = { granted: false, reason: 'too-much-at-once' };
    const one = await about('one', 'core');
    await perform(under.stores, one);
    const two = await about('two', 'core');
    expect(await pass(two, 1)).toEqual({
      ...held,
      detail: '1 of 1 targets of tier core are being acted on; at most 1 may be at once',
    });
    expect(await pass(two), 'nobody has counted').toMatchObject(held);
    expect((await pass(await about('elsewhere', 'edge'), 1)).granted).toBe(true);
    expect((await pass(two, 2)).granted).toBe(true);

    const three = await about('three', 'core');
    expect(await pass(three, 2)).toMatchObject(held);
    await under.stores.incidents.closeEpisode(one.incidentId, 'resolved', Date.now());
    expect((await pass(three, 2)).granted).toBe(true);
    // What nobody knows the outcome of goes on counting, whatever became of its lease.
    const passed = await pass(three, 2);
    if (!passed.granted) throw new Error(passed.detail);
    await under.stores.gate.mark(passed.intent.id, 'sent', '');
    await sql`update leases set expires_at_ms = 0 where incident_id = ${three.incidentId}`.execute(
      under.database.db,
    );
    await sql`update leases set expires_at_ms = 0 where incident_id = ${two.incidentId}`.execute(
      under.database.db,
    );
    const four = await about('four', 'core');
    expect(await pass(four, 1)).toMatchObject(held);
    await under.stores.gate.mark(passed.intent.id, 'failed', '');
    expect((await pass(four, 1)).granted).toBe(true);
  });
});
