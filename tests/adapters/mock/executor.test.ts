/** The mock performs every action of the catalogue on its model, and what is undone is as it was. */
import { describe, expect, it } from 'vitest';
import { createMockExecutor } from '../../../adapters/mock/executor.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { callOf } from '../../support/calls.ts';

const target = { environment: 'test', service: 'orders' };
const make = () =>
  createMockExecutor({ name: 'mock', services: [{ service: 'orders', replicas: 2 }], nowMs: () => 1_000 });

async function stateOf(executor: ReturnType<typeof make>): Promise<TargetState> {
  const [state] = await executor.observe('test', 'orders');
  if (state === undefined) throw new Error('the target is not there');
  return state;
}

function intent(id: string, action: ActionId, parameters: ActionParameters, before: TargetState): Intent {
  const executor = 'mock';
  const common = { incidentId: 'i', planHash: 'p', step: 0, direction: 'forward', expects: [] } as const;
  // As the gate numbers them: each intent for a target has a higher fence than the one before.
  const fence = id.charCodeAt(0);
  return { ...common, id, action, parameters, target, executor, fence, before };
}

const first = callOf({ number: 1, notAfterMs: 10_000 });

describe('the mock executor', () => {
  it.each([
    ['scale', { replicas: 4 }],
    ['rollback-release', { to: 'r1' }],
    ['rollback-config', { to: 'c1' }],
    ['drain', { taskId: 'orders-1' }],
  ] as const)('undoes %s', async (action, parameters) => {
    const executor = make();
    const before = await stateOf(executor);
    await executor.begin(intent('a', action, parameters, before), first);
    const changed = await stateOf(executor);
    expect(changed).not.toEqual(before);
    const inverse = inverseOf(action, before, parameters);
    if (inverse === null) throw new Error(`${action} has no inverse`);
    await executor.begin(intent('b', inverse.action, inverse.parameters, changed), first);
    const { desiredReplicas, release, config, replicas } = await stateOf(executor);
    expect({ desiredReplicas, release, config }).toEqual({
      desiredReplicas: before.desiredReplicas,
      release: before.release,
      config: before.config,
    });
    expect(replicas.map(({ state }) => state)).toEqual(before.replicas.map(({ state }) => state));
  });

  it('knows what it did, and does not pretend to know more', async () => {
    const executor = make();
    const restart = intent('a', 'restart', {}, await stateOf(executor));
    expect(await executor.lookUp(restart)).toBe('cannot-tell');
    await executor.begin(restart, first);
    expect(await executor.lookUp(restart)).toBe('happened');
    expect(executor.ledger).toEqual([{ intentId: 'a', action: 'restart', service: 'orders' }]);
  });

  it('refuses what is not newer than it has seen, or comes too late', async () => {
    const executor = make();
    const before = await stateOf(executor);
    const [older, newer] = [intent('a', 'restart', {}, before), intent('b', 'restart', {}, before)];
    expect(await executor.begin(newer, { ...first, number: 2 })).toMatchObject({ kind: 'done' });
    expect(await executor.begin(older, { ...first, number: 9 })).toMatchObject({ kind: 'refused' });
    expect(await executor.begin(newer, first)).toMatchObject({ kind: 'refused', code: 'overtaken' });
    expect(await executor.begin(newer, { ...first, number: 2 })).toMatchObject({ code: 'overtaken' });
    const late = callOf({ number: 3, notAfterMs: 999 });
    expect(await executor.begin(newer, late)).toMatchObject({ kind: 'refused', code: 'too-late' });
    expect(executor.ledger).toHaveLength(1);
  });

  it('refuses what would meet another revision than was seen', async () => {
    const executor = make();
    const before = await stateOf(executor);
    const { revision } = before;
    await executor.begin(intent('a', 'scale', { replicas: 3 }, before), { ...first, revision });
    const again = await executor.begin(intent('b', 'scale', { replicas: 9 }, before), { ...first, revision });
    expect(again).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect((await stateOf(executor)).desiredReplicas).toBe(3);
  });

  it('closes what it has not done, for good', async () => {
    const executor = make();
    const one = intent('a', 'restart', {}, await stateOf(executor));
    expect(await executor.close?.(one, first)).toBe('not-happened');
    expect(await executor.begin(one, first)).toMatchObject({ kind: 'refused' });
    expect(await executor.begin(one, { ...first, number: 2 })).toMatchObject({ kind: 'done' });
    expect(await executor.close?.(one, { ...first, number: 2 })).toBe('happened');
  });

  it('does not pretend to know of what was sent to the one before it', async () => {
    const executor = make();
    const one = intent('a', 'restart', {}, await stateOf(executor));
    expect(await executor.close?.(one, { number: 1, notAfterMs: 1_000 })).toBe('cannot-tell');
  });

  it('refuses what it does not run', async () => {
    const executor = make();
    const before = await stateOf(executor);
    const elsewhere = {
      ...intent('a', 'restart', {}, before),
      target: { environment: 'test', service: 'nobody' },
    };
    expect(await executor.begin(elsewhere, first)).toMatchObject({ kind: 'refused', code: 'unknown-target' });
    expect(await executor.preview(elsewhere)).toMatchObject({ ok: false, code: 'unknown-target' });
    expect(executor.ledger).toEqual([]);
  });
});
