/** Silences, wherever the incident is: nothing is done meanwhile, nobody gets it, and it goes on or is suppressed afterwards. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, deny, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, refusalOf, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const silence = {
  silenceId: 'silence-1',
  actor: 'person:ada',
  reason: 'load test',
  untilMs: Date.now() + 3_600_000,
} as const;

function silenced(world: World, by: typeof silence | null = silence): void {
  world.stores.silences.stored = { incidents: by, actions: by };
}
const isSilenced = (incident: OpenIncident) => incident.until(({ silenced: by }) => by !== undefined);
const done = ({ executor }: World) =>
  executor.ledger.map(({ direction, stepKey }) => `${direction} ${stepKey}`);

describe.concurrent('an incident all of which is silenced', () => {
  test('does nothing, and goes on when the silence ends and the symptom is there', async ({ expect }) => {
    const world = createWorld();
    silenced(world);
    const incident = await stage.open(world);
    expect(await isSilenced(incident)).toMatchObject({ status: 'executing', silenced: silence });
    expect(world.executor.ledger).toEqual([]);
    silenced(world, null);
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.filter((type) => type.startsWith('silence'))).toEqual(['silenced', 'silence-ended']);
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('is suppressed when its symptom goes meanwhile, with who silenced it and why', async ({ expect }) => {
    const world = createWorld();
    silenced(world);
    const incident = await stage.open(world);
    await isSilenced(incident);
    await incident.clear('a1');
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'suppressed', actor: 'system:sentinel' });
    expect(result).toMatchObject({ reason: 'it was over while ada had silenced it: load test [silence-1]' });
    expect(world.executor.ledger).toEqual([]);
    expect(world.stores.closedEpisodes).toEqual([incident.id]);
  });

  test('is silenced between the gate and the call, too: nothing is sent', async ({ expect }) => {
    const world = createWorld();
    const { intent } = world.stores.gate;
    world.stores.gate.intent = async (id) => {
      silenced(world);
      return intent(id);
    };
    const incident = await stage.open(world);
    await isSilenced(incident);
    await incident.clear('a1');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'suppressed' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('is a person’s at once when they take it over meanwhile', async ({ expect }) => {
    const world = createWorld();
    silenced(world);
    const incident = await stage.open(world);
    await isSilenced(incident);
    const ann = { actor: 'ann', reason: 'mine' };
    expect(await refusalOf(incident.handle.executeUpdate(messages.takeOver, { args: [ann] }))).toBe(
      'accepted',
    );
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over', actor: 'ann' });
  });
});

describe.concurrent('what is half done when the silence begins', () => {
  async function halfDone(direction: 'forward' | 'compensation') {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    world.fixedBy = [];
    const { begin } = world.executor;
    world.executor.begin = async (intent, send) => {
      if (intent.direction === direction) silenced(world);
      return begin(intent, send);
    };
    const incident = await stage.open(world, { maxAttempts: 1 });
    return { world, ...(await incident.ended()) };
  }

  test('between two steps: the next one is not sent, nothing is undone, and people get it at once', async ({
    expect,
  }) => {
    const { world, result, timeline } = await halfDone('forward');
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(done(world)).toEqual(['forward scale@test/orders']);
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['scale@test/orders'],
    });
  });

  test('between two undos: the first is brought to its end, the second stays owed', async ({ expect }) => {
    const { world, result, timeline } = await halfDone('compensation');
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(done(world)).toEqual([
      'forward scale@test/orders',
      'forward rollback-release@test/orders',
      'compensation deploy-release@test/orders',
    ]);
    expect(timeline.find(({ type }) => type === 'compensation-finished')).toMatchObject({
      undone: 1,
      notUndone: ['scale@test/orders'],
    });
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['scale@test/orders'],
    });
  });
});

describe.concurrent('an incident that would end otherwise', () => {
  test('goes to a person only when the silence is over, and is not suppressed while it fires', async ({
    expect,
  }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: deny }];
    silenced(world);
    const incident = await stage.open(world);
    await isSilenced(incident);
    expect(await incident.state()).toMatchObject({ outcome: null });
    silenced(world, null);
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('policy denies it'),
    });
    expect(types).toContain('silence-ended');
  });

  test('and has recovered by itself meanwhile was suppressed', async ({ expect }) => {
    const world = createWorld();
    world.healthy = true;
    world.script = [{ nothing: 'a spike', harmless: true }];
    silenced(world);
    const incident = await stage.open(world, { watchMs: 60_000 });
    await incident.clear('a1');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'suppressed' });
  });

  test('ends as ever when nobody silences it', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: deny }];
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(types).not.toContain('silenced');
  });
});
