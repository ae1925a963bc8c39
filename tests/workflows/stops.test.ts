/** Taking over and aborting are obeyed at once, wherever the incident is: waiting for a store, the gate, a call, an undo. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Executor } from '../../activities/ports/executor.ts';
import type { RecordInput } from '../../activities/types.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { running } from '../support/slow-vendor.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, refusalOf, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const ann = { actor: 'ann', reason: 'mine now' } as const;
const takeOver = (incident: OpenIncident) =>
  refusalOf(incident.handle.executeUpdate(messages.takeOver, { args: [ann] }));
const done = (world: World, direction: string): readonly string[] =>
  world.executor.ledger.filter((entry) => entry.direction === direction).map(({ stepKey }) => stepKey);

/** Two steps are done and do not help; the first undo waits in its call until it is released. */
async function whileUndoing(): Promise<{ world: World; incident: OpenIncident; release: () => void }> {
  const world = createWorld();
  world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
  world.fixedBy = [];
  let release = (): void => {};
  let undoing = (): void => {};
  const firstUndo = new Promise<void>((resolve) => (undoing = resolve));
  const { begin } = world.executor;
  world.executor.begin = async (intent, send) => {
    if (intent.direction === 'compensation' && world.executor.ledger.length === 2) {
      undoing();
      await new Promise<void>((resolve) => (release = resolve));
    }
    return begin(intent, send);
  };
  const incident = await stage.open(world, { maxAttempts: 1 });
  await firstUndo;
  return { world, incident, release: () => release() };
}

describe.concurrent('taking over while Sentinel undoes', () => {
  test('ends it after the call in flight, and the record says what is still owed', async ({ expect }) => {
    const { world, incident, release } = await whileUndoing();
    expect(await takeOver(incident)).toBe('accepted');
    expect(await incident.state()).toMatchObject({ stop: { kind: 'take-over', actor: 'ann' } });
    release();
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over', ...ann });
    expect(done(world, 'compensation')).toEqual(['deploy-release@test/orders']);
    expect(timeline.find(({ type }) => type === 'compensation-finished')).toMatchObject({ undone: 1 });
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['scale@test/orders'],
    });
  });

  test('after an abort ends the undoing, too', async ({ expect }) => {
    const { world, incident, release } = await whileUndoing();
    const bob = { actor: 'bob', reason: 'wrong tree' };
    const aborted = incident.handle.executeUpdate(messages.abort, { args: [bob] });
    expect(await refusalOf(aborted)).toBe('accepted');
    expect(await takeOver(incident)).toBe('accepted');
    release();
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over', actor: 'ann' });
    expect(done(world, 'compensation')).toHaveLength(1);
  });

  test('is seen while the gate makes the undo wait', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) =>
      input.direction === 'compensation'
        ? { granted: false, reason: 'rate-limited', detail: 'for half a minute' }
        : pass(input, sighting);
    const incident = await stage.open(world, { maxAttempts: 1 });
    await incident.until(({ status }) => status === 'compensating');
    await world.called('passGate', 2);
    expect(await takeOver(incident)).toBe('accepted');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
    expect(done(world, 'compensation')).toEqual([]);
  });

  test('by an abort goes on undoing, and the incident ends as aborted', async ({ expect }) => {
    const { world, incident, release } = await whileUndoing();
    await incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'bob', reason: 'stop' }] });
    release();
    expect((await incident.ended()).result).toMatchObject({ outcome: 'aborted', actor: 'bob' });
    expect(done(world, 'compensation')).toHaveLength(2);
  });
});

describe.concurrent('taking over right before an effect', () => {
  /** The store takes no event of this type until it is back. */
  function awayFrom(world: World, type: IncidentEvent['type']): () => void {
    const { recordEvents } = world.activities;
    let away = true;
    Object.assign(world.activities, {
      recordEvents: async (input: RecordInput) => {
        if (away && input.events.some((event) => event.type === type)) throw new Error('the store is away');
        return recordEvents(input);
      },
    });
    return () => {
      away = false;
    };
  }

  test('is obeyed while the record waits for its store', async ({ expect }) => {
    const world = createWorld();
    const back = awayFrom(world, 'decided');
    const incident = await stage.open(world);
    await incident.until(({ status }) => status === 'executing');
    expect(await takeOver(incident)).toBe('accepted');
    back();
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('is obeyed while the gate cannot be reached, without waiting for it', async ({ expect }) => {
    const world = createWorld();
    world.stores.gate.pass = () => Promise.reject(new Error('the store is away'));
    const incident = await stage.open(world);
    await world.called('passGate');
    expect(await takeOver(incident)).toBe('accepted');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('is obeyed between the gate and the call, and the record says that nothing was sent', async ({
    expect,
  }) => {
    const world = createWorld();
    const back = awayFrom(world, 'intent-written');
    const incident = await stage.open(world);
    await incident.until((state) => state.effects.length === 1);
    expect(await takeOver(incident)).toBe('accepted');
    back();
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over' });
    expect(world.executor.ledger).toEqual([]);
    expect(timeline.find(({ type }) => type === 'effect-failed')).toMatchObject({ neverSent: true });
    expect(timeline.at(-2)).not.toHaveProperty('leftInPlace');
  });
});

describe.concurrent('a stop that is stored and whose message was lost', () => {
  test.for(['take-over', 'abort'] as const)('(%s) is heard from the gate', async (kind, { expect }) => {
    const world = createWorld();
    world.stores.stops.stored = { kind, ...ann };
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: kind === 'abort' ? 'aborted' : 'taken-over', ...ann });
    expect(types).toContain('stop-requested');
    expect(types).not.toContain('intent-written');
    expect(world.executor.ledger).toEqual([]);
  });

  test('is heard right before the call goes out', async ({ expect }) => {
    const world = createWorld();
    const { intent } = world.stores.gate;
    world.stores.gate.intent = async (id) => {
      world.stores.stops.stored = { kind: 'take-over', ...ann };
      return intent(id);
    };
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'taken-over', ...ann });
    expect(world.executor.ledger).toEqual([]);
  });

  test('is heard between undos', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    world.fixedBy = [];
    const { begin } = world.executor;
    world.executor.begin = async (intent, send) => {
      if (intent.direction === 'compensation') world.stores.stops.stored = { kind: 'take-over', ...ann };
      return begin(intent, send);
    };
    const { result } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({ outcome: 'taken-over', ...ann });
    expect(done(world, 'compensation')).toHaveLength(1);
  });
});

describe.concurrent('a stop while the vendor goes on with an effect', () => {
  /** A scaling that is under way until it is told to end. */
  async function underWay(cancel: Executor['cancel'] | null) {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.fixedBy = [];
    world.executor.fates.push('accepted');
    const { poll } = world.executor;
    let ends = false;
    world.executor.poll = async (...asked) => (ends ? poll(...asked) : running(2));
    if (cancel !== null) world.executor.cancel = cancel;
    const incident = await stage.open(world, { maxAttempts: 1 });
    await incident.until(({ effects }) => effects[0]?.progress !== undefined);
    const stop = async (kind: 'abort' | 'take-over') => {
      world.stores.stops.stored = { kind, ...ann };
      const update = kind === 'abort' ? messages.abort : messages.takeOver;
      await incident.handle.executeUpdate(update, { args: [ann] });
    };
    const end = (): void => {
      ends = true;
    };
    return { world, incident, stop, end };
  }
  const halfDone: Executor['cancel'] = async () => ({
    kind: 'failed',
    reason: 'stopped',
    left: '2 of 5 are new',
  });

  test('has it cancelled; an abort undoes what is half done', async ({ expect }) => {
    const { world, incident, stop } = await underWay(halfDone);
    await stop('abort');
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'aborted', actor: 'ann' });
    expect(timeline.find(({ type }) => type === 'effect-failed')).toMatchObject({
      ...{ cancelled: true, uncertain: true, left: '2 of 5 are new' },
    });
    expect(done(world, 'compensation')).toEqual(['scale@test/orders']);
    expect(done(world, 'forward')).toEqual([]);
  });

  test('has it cancelled; a take-over leaves it to the person, who is told', async ({ expect }) => {
    const { world, incident, stop } = await underWay(halfDone);
    await stop('take-over');
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over' });
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['scale@test/orders'],
    });
    expect(world.executor.ledger).toEqual([]);
  });

  test('of which nothing is left needs no undo', async ({ expect }) => {
    const { world, incident, stop } = await underWay(async () => ({
      kind: 'failed',
      reason: 'stopped',
      left: '',
    }));
    await stop('abort');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'aborted' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('that cannot cancel it says that it goes on, and undoes it when it has ended', async ({ expect }) => {
    const { world, incident, stop, end } = await underWay(null);
    await stop('abort');
    await incident.until(({ effects }) => effects[0]?.progress?.words.includes('goes on by itself') === true);
    end();
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'aborted' });
    expect(done(world, 'forward')).toHaveLength(1);
    expect(done(world, 'compensation')).toHaveLength(1);
  });
});
