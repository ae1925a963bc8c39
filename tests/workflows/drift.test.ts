// What the incident does when the world is not as its plan saw it, and when nobody can tell what became of a call.

import { afterAll, beforeAll, describe, test } from 'vitest';
import { narrate } from '../../domain/incident/narrate.ts';
import { stepKey } from '../../domain/remediation/plan.ts';
import { createWorld } from '../support/fakes.ts';
import { auto, restart, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

describe.concurrent('a target that has changed since the plan was made', () => {
  test('is analysed again, and the next plan is about what is there now', async ({ expect }) => {
    const world = createWorld();
    const now = { ...rollback, before: { ...rollback.before, release: 'r3' } };
    world.script = [
      { steps: [scaleOut], verdict: auto },
      { steps: [now], verdict: auto },
    ];
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) => {
      world.executor.change({ release: 'r3' });
      const first = world.calls.filter(({ name }) => name === 'passGate').length === 1;
      if (first) return { granted: false, reason: 'target-changed', detail: 'replicas was 2, is 5' };
      return pass(input, sighting);
    };
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.filter((type) => type === 'planned')).toHaveLength(2);
    expect(types).toContain('gate-refused');
    expect(types).not.toContain('compensation-started');
    expect(world.executor.ledger.map((entry) => entry.stepKey)).toEqual([stepKey(rollback)]);
  });

  test('found right before the call, too: nothing is sent', async ({ expect }) => {
    const world = createWorld();
    const { intent } = world.stores.gate;
    world.stores.gate.intent = async (id) => {
      world.executor.change({ release: 'r3-hotfix' });
      return intent(id);
    };
    const { result, types, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('release was r2, is r3-hotfix'),
    });
    expect(world.executor.ledger).toEqual([]);
    // Nothing happened, so nothing is owed, and nothing is left in place.
    expect(types).not.toContain('compensation-started');
    expect(timeline.find(({ type }) => type === 'incident-closed')).not.toHaveProperty('leftInPlace');
  });

  test('goes to a person with what has changed, when it changes again and again', async ({ expect }) => {
    const world = createWorld();
    world.stores.gate.pass = async () => ({
      granted: false,
      reason: 'target-changed',
      detail: 'test/orders has changed since the plan was made: release was r2, is r3',
    });
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('release was r2, is r3'),
    });
    expect(world.executor.ledger).toEqual([]);
  });

  test.for([
    { first: scaleOut, done: ['forward', 'compensation'] },
    { first: restart, done: ['forward'] },
  ])(
    'in the middle of a plan: what was done is not forgotten for another plan ($first.action)',
    async ({ first, done }, { expect }) => {
      const world = createWorld();
      world.script = [{ steps: [first, rollback], verdict: auto }];
      const { pass } = world.stores.gate;
      world.stores.gate.pass = async (input, sighting) =>
        input.step === 0
          ? pass(input, sighting)
          : { granted: false, reason: 'target-changed', detail: 'release was r2, is r3' };
      const { result, types } = await (await stage.open(world)).ended();
      expect(result).toMatchObject({
        outcome: 'escalated',
        reason: expect.stringContaining('release was r2, is r3'),
      });
      expect(types.filter((type) => type === 'planned')).toHaveLength(1);
      expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(done);
    },
  );

  test('back to what it was before the step needs no undo, and is no failure to undo', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) =>
      input.direction === 'forward'
        ? pass(input, sighting)
        : {
            granted: false,
            reason: 'not-needed',
            detail: 'test/orders is already as it was before the step',
          };
    const incident = await stage.open(world, { maxAttempts: 1 });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.not.stringContaining('undone') });
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'compensation-finished', undone: 0, notUndone: [] }),
    );
    expect(timeline.findLast(({ type }) => type === 'incident-closed')).not.toHaveProperty('leftInPlace');
    expect(timeline.map(narrate)).toContain(
      'Undo of step 1 was not needed: test/orders is already as it was before the step',
    );
    expect((await world.stores.incidents.state(incident.id))?.effects).toMatchObject([
      { status: 'not-needed' },
    ]);
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward']);
  });

  test('under an undo leaves it to a person', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) =>
      input.direction === 'forward'
        ? pass(input, sighting)
        : { granted: false, reason: 'target-changed', detail: 'replicas was 4, is 9' };
    const { result } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('could not be undone: scale@test/orders'),
    });
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward']);
  });
});

describe.concurrent('a call that went out and was blocked before it could be told what became of it', () => {
  test('stays owed: it is undone, after it was found out that it had happened', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    const { execute } = world.activities;
    Object.assign(world.activities, {
      // The answer is lost, and a person has stopped everything before it could be sent again.
      execute: async (input: Parameters<typeof execute>[0]) => {
        if (input.lookOnly === true || input.intentId.endsWith('compensation')) return execute(input);
        await execute(input);
        const { intents } = world.stores.gate;
        const stored = intents.get(input.intentId);
        if (stored !== undefined)
          (intents as Map<string, typeof stored>).set(input.intentId, { ...stored, status: 'sent' });
        return { kind: 'blocked', reason: 'incident-closed', detail: 'stopped', sent: true };
      },
    });
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) => {
      const forward = [...world.stores.gate.intents.values()].find(
        ({ intent }) => intent.step === input.step,
      );
      if (input.direction === 'compensation' && forward?.status === 'sent')
        return { granted: false, reason: 'target-unsettled', detail: 'still under way' };
      return pass(input, sighting);
    };
    const { types } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(types).toContain('compensation-started');
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
    const looks = world.calls.filter(
      ({ name, input }) => name === 'execute' && 'lookOnly' in (input as object),
    );
    expect(looks).toHaveLength(1);
  });

  test('needs no undo when it is found out that it has not happened', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    Object.assign(world.activities, {
      execute: async (input: { lookOnly?: boolean }) =>
        input.lookOnly === true
          ? { kind: 'failed', certain: true, reason: 'it did not happen' }
          : { kind: 'blocked', reason: 'incident-closed', detail: 'stopped', sent: true },
    });
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) =>
      input.direction === 'forward'
        ? pass(input, sighting)
        : { granted: false, reason: 'target-unsettled', detail: 'still under way' };
    const { result, timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'compensation-finished', undone: 1, notUndone: [] }),
    );
    expect(world.executor.ledger).toEqual([]);
  });
});

test('a restart that nobody can tell of is not tried in another way', async ({ expect }) => {
  const world = createWorld();
  world.script = [{ steps: [restart], verdict: auto }];
  world.executor.fates.push('unknowable');
  const incident = await stage.open(world);
  const { result, timeline } = await incident.ended();
  expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('nobody can tell') });
  expect((await world.stores.incidents.state(incident.id))?.effects).toMatchObject([{ status: 'uncertain' }]);
  expect(timeline.map(narrate)).toContainEqual(expect.stringContaining('Step 1 has an unknown outcome'));
  expect([...world.stores.gate.intents.values()].map(({ status }) => status)).toEqual(['uncertain']);
});
