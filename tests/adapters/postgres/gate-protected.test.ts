// What nothing may act on, and what is just being changed by somebody: the gate says so, forward and back.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { actions } from '../../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { describeStores } from '../../support/stores.ts';
import { perform, type Ready, readyToAct, stepOf, unique } from './fixtures.ts';

const node = 'host/node-1';
beforeAll(() => {
  Object.assign(actions.restart, { touches: () => [node] });
});
afterAll(() => {
  Object.assign(actions.restart, { touches: undefined });
});

const forward = ({ incidentId, planHash }: Ready) =>
  ({ incidentId, planHash, step: 0, direction: 'forward' }) as const;
const undo = (ready: Ready) => ({ ...forward(ready), direction: 'compensation' }) as const;

/** The target as the plan saw it, but for this. */
const seen = ({ plan }: Ready, by: Partial<TargetState>) => {
  const before = plan.plan.steps[0]?.before;
  if (before === undefined) throw new Error('the plan has a step');
  return { kind: 'seen', state: { ...before, ...by } } as const;
};

await describeStores('a target that says no', (use) => {
  test('is not acted on when it is protected by now, and an undo is held as well', async () => {
    const { gate } = use().stores;
    const ready = await readyToAct(use().stores);
    const held = { granted: false, reason: 'target-protected', detail: expect.stringContaining('frozen') };
    expect(await gate.pass(forward(ready), seen(ready, { protected: 'frozen until May' }))).toMatchObject(
      held,
    );
    await perform(use().stores, ready);
    const after = { desiredReplicas: 4, protected: 'frozen until May' };
    expect(await gate.pass(undo(ready), seen(ready, after))).toMatchObject(held);
    expect((await gate.pass(undo(ready), seen(ready, { desiredReplicas: 4 }))).granted).toBe(true);
  });

  test('is not acted on either when a rule protects its key, or something that would be touched with it', async () => {
    const under = use();
    const environment = unique('env');
    const ready = await readyToAct(under.stores, { environment });
    const byName = under.withOptions({
      protection: (_, key) => (key.startsWith('service/') ? 'a rule' : null),
    });
    expect(await byName.gate.pass(forward(ready), seen(ready, {}))).toMatchObject({
      granted: false,
      reason: 'target-protected',
      detail: `${environment}/api is protected: a rule`,
    });
    const step = stepOf(environment, 'db', { action: 'restart', parameters: {}, inverse: null });
    const touching = await readyToAct(under.stores, { environment, service: 'db', steps: [step] });
    const byTouch = under.withOptions({ protection: (_, key) => (key === node ? 'its Postgres' : null) });
    expect(await byTouch.gate.pass(forward(touching), seen(touching, {}))).toMatchObject({
      granted: false,
      reason: 'target-protected',
      detail: 'host node-1 is protected: its Postgres',
    });
  });

  test('is protected after its intent was written, too', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    expect((await under.stores.gate.pass(forward(ready), seen(ready, {}))).granted).toBe(true);
    const by = under.withOptions({ protection: () => 'a rule' });
    expect(await by.gate.pass(forward(ready), seen(ready, {}))).toMatchObject({ reason: 'target-protected' });
  });

  test('waits for a rollout that is in progress', async () => {
    const under = use();
    const ready = await readyToAct(under.stores);
    const rollout = { inProgress: true, detail: '3 of 5 pods new' };
    expect(await under.stores.gate.pass(forward(ready), seen(ready, { rollout }))).toMatchObject({
      granted: false,
      reason: 'rollout-in-progress',
      detail: expect.stringContaining('3 of 5 pods new'),
    });
  });
});
