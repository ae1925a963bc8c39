/** A language model beside the statistics: heard in time or not at all, and never the reason an incident fails. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const answering =
  (view: Partial<Diagnosis>): World['modelTurn'] =>
  async ({ diagnosis }) => ({ kind: 'answered', diagnosis: { ...diagnosis, ...view } });
/** A model that says nothing until it is let go: a worker can only end when its activities have. */
function silentUntil(ended: Promise<unknown>): World['modelTurn'] {
  return async () => {
    await ended;
    return { kind: 'over', reason: 'too late' };
  };
}

const withModel = { modelBudgetMs: 20_000 };
const turnsOf = ({ calls }: World) =>
  calls.filter(({ name }) => name === 'modelTurn').map(({ input }) => input);

describe.concurrent('a model', () => {
  test('is not asked by an incident that was started without one', async ({ expect }) => {
    const world = createWorld();
    const { types } = await (await stage.open(world)).ended();
    expect(turnsOf(world)).toEqual([]);
    expect(types).not.toContain('model-consulted');
  });

  test('that agrees is recorded before the plan, and changes nothing', async ({ expect }) => {
    const world = createWorld();
    world.modelTurn = answering({});
    const { result, types } = await (await stage.open(world, withModel)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.slice(types.indexOf('diagnosed'), types.indexOf('decided') + 1)).toEqual([
      'diagnosed',
      'model-consulted',
      'planned',
      'decided',
    ]);
    expect(turnsOf(world)).toHaveLength(1);
  });

  test('that disagrees puts a person before the effect that policy would have let happen', async ({
    expect,
  }) => {
    const world = createWorld();
    world.modelTurn = answering({ contested: true });
    const incident = await stage.open(world, withModel);
    const { approval, verdict } = await incident.until(({ status }) => status === 'awaiting-approval');
    expect(verdict?.kind).toBe('approval');
    expect(world.executor.ledger).toEqual([]);
    world.stores.approvals.decide(approval?.planHash ?? '', 'approve');
    await incident.handle.signal(messages.approvalDecided, {
      approvalId: 'ap-1',
      planHash: approval?.planHash ?? '',
      actor: 'ada',
      decision: 'approve',
      reason: '',
    });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'resolved' });
  });

  test('that never answers is not waited for longer than its time: the statistics go on', async ({
    expect,
  }) => {
    const world = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.modelTurn = silentUntil(promise);
    const { result, timeline } = await (await stage.open(world, { modelBudgetMs: 300 })).ended();
    resolve();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(timeline).toContainEqual(
      expect.objectContaining({
        type: 'model-consulted',
        outcome: 'unavailable',
        reason: 'no answer within 300 ms',
      }),
    );
  });

  test('whose activity fails for good leaves the incident as it was', async ({ expect }) => {
    const world = createWorld();
    world.broken.add('modelTurn');
    const { result, timeline } = await (await stage.open(world, withModel)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'model-consulted', outcome: 'unavailable' }),
    );
  });

  test('is asked turn by turn, each an activity, and no further than six', async ({ expect }) => {
    const world = createWorld();
    world.modelTurn = async ({ ask, turn }) => ({
      kind: 'again',
      ask: { ...ask, provider: turn },
      waitMs: 0,
      reason: 'nonsense',
    });
    const { timeline } = await (await stage.open(world, withModel)).ended();
    expect(turnsOf(world)).toMatchObject(
      [1, 2, 3, 4, 5, 6].map((turn) => ({ turn, ask: { provider: turn - 1 } })),
    );
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'model-consulted', outcome: 'unavailable', reason: 'nonsense' }),
    );
  });

  test('is asked again after a fix that did not help, and told what was tried in vain', async ({
    expect,
  }) => {
    const world = createWorld();
    world.modelTurn = answering({});
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    await (await stage.open(world, withModel)).ended();
    expect(turnsOf(world)).toMatchObject([
      { attempt: 1, failedCauses: [] },
      { attempt: 2, failedCauses: [{ cause: 'traffic-surge', service: 'orders' }] },
    ]);
  });

  test('is not asked of thin evidence that comes again in a moment, only of the last', async ({ expect }) => {
    const world = createWorld();
    world.modelTurn = answering({});
    world.script = [{ nothing: 'nobody can tell', harmless: false, inconclusive: true }];
    const { result, types } = await (await stage.open(world, withModel)).ended();
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(types.filter((type) => type === 'diagnosed')).toHaveLength(3);
    expect(turnsOf(world)).toMatchObject([{ attempt: 3 }]);
  });

  test('does not keep a person from taking over', async ({ expect }) => {
    const world = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    world.modelTurn = silentUntil(promise);
    const incident = await stage.open(world, { modelBudgetMs: 3_600_000 });
    await world.called('modelTurn');
    await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over', actor: 'ada' });
    resolve();
  });
});
