/** A change that nobody can judge is held: it stays, people are asked, and only a look that finds the symptom undoes it. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, rollback } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const directions = (world: World): readonly string[] =>
  world.executor.ledger.map(({ direction }) => direction);

async function held(world: World, holdMs = 60_000): Promise<OpenIncident> {
  world.script = [{ steps: [rollback], verdict: auto }];
  world.fixedBy = [];
  world.unhealthyAnswer = 'unverified';
  const incident = await stage.open(world, { maxAttempts: 1, verifyTimeoutMs: 20, holdMs });
  await incident.until((state) => state.held !== undefined);
  return incident;
}

describe.concurrent('a change that nobody can judge', () => {
  test('is not undone: at the end of the hold a person has it, with what is in place', async ({ expect }) => {
    const world = createWorld();
    const { result, timeline, types } = await (await held(world, 50)).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell whether it helped'),
    });
    expect(directions(world)).toEqual(['forward']);
    expect(types).not.toContain('compensation-started');
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['rollback-release@test/orders'],
    });
  });

  test('and turns out to have helped is resolved', async ({ expect }) => {
    const world = createWorld();
    const incident = await held(world);
    world.healthy = true;
    expect((await incident.ended()).result).toMatchObject({ outcome: 'resolved' });
    expect(directions(world)).toEqual(['forward']);
  });

  test('and turns out not to have helped is undone', async ({ expect }) => {
    const world = createWorld();
    const incident = await held(world);
    world.unhealthyAnswer = 'not-recovered';
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
    expect(directions(world)).toEqual(['forward', 'compensation']);
  });

  test('is kept by whoever takes over', async ({ expect }) => {
    const world = createWorld();
    const incident = await held(world);
    await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ann', reason: 'keep it' }] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
    expect(directions(world)).toEqual(['forward']);
  });

  test('is undone by whoever aborts', async ({ expect }) => {
    const world = createWorld();
    const incident = await held(world);
    await incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'ann', reason: 'undo it' }] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'aborted' });
    expect(directions(world)).toEqual(['forward', 'compensation']);
  });

  test('because the verification itself is broken is held all the same', async ({ expect }) => {
    const world = createWorld();
    world.broken.add('verify');
    const incident = await stage.open(world, { maxAttempts: 1, verifyTimeoutMs: 20, holdMs: 20 });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
    expect(directions(world)).toEqual(['forward']);
  });
});
