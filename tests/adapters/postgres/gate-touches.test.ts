// An effect that takes hold of more than its target: everything it touches is leased with it, in one order.

import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions } from '../../../domain/remediation/actions/index.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { passGate, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

const touching = new Map<string, readonly string[]>();
beforeAll(() => {
  Object.assign(actions.restart, {
    touches: ({ target }: { readonly target: { readonly service: string } }) => touching.get(target.service),
  });
});
afterAll(() => {
  Object.assign(actions.restart, { touches: undefined });
});

/** An incident about to restart a service of its own, on a resource of its own, which touches others. */
function aboutToRestart(
  { stores }: StoresUnderTest,
  resource: string,
  touches: readonly string[] = [],
  environment = unique('env'),
): Promise<Ready> {
  const step = stepOf(environment, unique('service'), { action: 'restart', parameters: {}, inverse: null });
  const target = { ...step.target, resource };
  touching.set(target.service, touches);
  return readyToAct(stores, {
    environment,
    service: target.service,
    steps: [{ ...step, target, before: { ...step.before, target } }],
  });
}

const pass = ({ stores }: StoresUnderTest, { incidentId, planHash }: Ready) =>
  passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });

async function intentOf(under: StoresUnderTest, ready: Ready) {
  const passed = await pass(under, ready);
  if (!passed.granted) throw new Error(passed.detail);
  return passed.intent;
}

const host = () => `host/${unique('h')}`;

await describeStores('an effect that touches more than its target', (use) => {
  test('keeps others away from all of it, in any environment, and they are told what from', async () => {
    const under = use();
    const [node, workload, bystander] = [host(), host(), host()];
    const first = await aboutToRestart(under, node, [workload]);
    await intentOf(under, first);
    const direct = await aboutToRestart(under, workload);
    expect(await pass(under, direct)).toEqual({
      granted: false,
      reason: 'target-leased',
      detail: expect.stringMatching(`^${first.incidentId} is acting on .*${workload}`),
    });
    const byTouch = await aboutToRestart(under, host(), [workload]);
    expect(await pass(under, byTouch)).toEqual({
      granted: false,
      reason: 'target-leased',
      detail: `${first.incidentId} is acting on ${workload.replace('host/', 'host ')}`,
    });
    expect((await pass(under, await aboutToRestart(under, bystander))).granted).toBe(true);
  });

  test('keeps them away while nobody knows what became of it, whatever became of its leases', async () => {
    const under = use();
    const [node, workload] = [host(), host()];
    const first = await aboutToRestart(under, node, [workload]);
    const { id } = await intentOf(under, first);
    await under.stores.gate.mark(id, 'sent', '');
    await under.stores.gate.mark(id, 'uncertain', '');
    await under.stores.incidents.closeEpisode(first.incidentId, 'escalated', Date.now());
    for (const other of [
      await aboutToRestart(under, workload),
      await aboutToRestart(under, host(), [node]),
      await aboutToRestart(under, host(), [workload]),
    ])
      expect(await pass(under, other)).toMatchObject({ granted: false, reason: 'target-unsettled' });
  });

  test('has one fence, higher than any before on what it touches', async () => {
    const under = use();
    const [node, workload] = [host(), host()];
    let last = 0;
    for (const [resource, touches] of [
      [workload, []],
      [workload, []],
      [node, [workload]],
      [workload, []],
    ] as const) {
      const ready = await aboutToRestart(under, resource, touches);
      const { fence } = await intentOf(under, ready);
      expect(fence).toBeGreaterThan(last);
      last = fence;
      await under.stores.incidents.closeEpisode(ready.incidentId, 'resolved', Date.now());
    }
  });

  test('is not sent when somebody came after it on one of them', async () => {
    const under = use();
    const [node, workload] = [host(), host()];
    const first = await aboutToRestart(under, node, [workload]);
    const { id } = await intentOf(under, first);
    await sql`update leases set expires_at_ms = 0 where target_key in (${node}, ${workload})`.execute(
      under.database.db,
    );
    await intentOf(under, await aboutToRestart(under, workload));
    await expect(under.stores.gate.mark(id, 'sent', '')).rejects.toMatchObject({
      name: 'EffectBlocked',
      reason: 'stale-fence',
    });
  });

  test('of two at once, crosswise and in two environments, one has everything and the other nothing', async () => {
    const under = use();
    for (let round = 0; round < 5; round += 1) {
      const [one, two] = [host(), host()];
      const both = await Promise.all([aboutToRestart(under, one, [two]), aboutToRestart(under, two, [one])]);
      const passed = await Promise.all(both.map((ready) => pass(under, ready)));
      expect(passed.map(({ granted }) => granted).sort()).toEqual([false, true]);
      const { rows } = await sql<{
        holders: string;
      }>`select count(distinct incident_id) as holders from leases
        where target_key in (${one}, ${two})`.execute(under.database.db);
      expect(Number(rows[0]?.holders)).toBe(1);
    }
  });
});
