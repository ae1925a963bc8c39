/** Effects that take minutes: what is told on the way, and what each way to end means for undoing and for people. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import { incidentPage } from '../../domain/incident/page.ts';
import { stepKey } from '../../domain/remediation/plan.ts';
import { progressTellings } from '../../domain/remediation/progress.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { running } from '../support/slow-vendor.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const progressOf = (timeline: readonly IncidentEvent[]) =>
  timeline.flatMap((event) => (event.type === 'effect-progress' ? [event.progress.words] : []));
const scaling = (world: World): World => {
  world.script = [{ steps: [scaleOut], verdict: auto }];
  return world;
};

describe.concurrent('an effect that the vendor has taken on', () => {
  test('is told on its way, each piece of news once, and seen where the incident is read', async ({
    expect,
  }) => {
    const world = createWorld();
    world.executor.fates.push('accepted');
    world.executor.polls.push(running(1), running(1), running(3));
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(progressOf(timeline)).toEqual(['1 of 5 pods new', '3 of 5 pods new']);
    expect(world.executor.ledger).toHaveLength(1);
    const told = timeline.findIndex(({ type }) => type === 'effect-progress');
    const meanwhile = fold(timeline.slice(0, told + 1), 'i');
    if (meanwhile === null) throw new Error('no state');
    expect(incidentPage(meanwhile, '')).toContain('1 of 5 pods new');
    const done = fold(timeline, 'i');
    expect(done?.effects[0]).not.toHaveProperty('progress');
  });

  test('is told a bounded number of times, however much it says', async ({ expect }) => {
    const world = createWorld();
    world.executor.fates.push('accepted');
    world.executor.polls.push(...Array.from({ length: progressTellings * 3 }, (_, at) => running(at, 99)));
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(progressOf(timeline)).toHaveLength(progressTellings);
  });

  test('tells the progress of its undo, too', async ({ expect }) => {
    const world = scaling(createWorld());
    world.fixedBy = [];
    world.executor.fates.push('ok', 'accepted');
    world.executor.polls.push(running(4));
    const { timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'effect-progress', direction: 'compensation', step: 0 }),
    );
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
  });

  test('that ended half-way is undone, and said to be half done', async ({ expect }) => {
    const world = scaling(createWorld());
    const left = '2 of 5 pods are new';
    world.executor.fates.push('accepted');
    world.executor.polls.push({ kind: 'failed', reason: 'crash loop', left });
    const { result, timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('crash loop') });
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'effect-failed', uncertain: true, left, reason: 'crash loop' }),
    );
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['compensation']);
  });

  test('that failed without a trace owes no undo, and another plan may follow', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { steps: [scaleOut], verdict: auto },
      { steps: [rollback], verdict: auto },
    ];
    world.executor.fates.push('accepted');
    world.executor.polls.push({ kind: 'failed', reason: 'no capacity', left: '' });
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
    expect(world.executor.ledger.map(({ stepKey: key }) => key)).toEqual([stepKey(rollback)]);
  });

  test('that somebody else has replaced is not undone: that would take theirs away', async ({ expect }) => {
    const world = scaling(createWorld());
    world.executor.fates.push('accepted');
    world.executor.polls.push({ kind: 'superseded', reason: 'revision 8 by ann' });
    const { timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'effect-failed', superseded: true }));
    expect(world.executor.ledger).toEqual([]);
    expect(timeline.map(({ type }) => type)).not.toContain('compensation-started');
  });

  test('and a refusal say their kind, with what to do about it', async ({ expect }) => {
    const world = createWorld();
    world.executor.fates.push('refuse');
    const { timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'effect-failed', code: 'refused-by-vendor' }),
    );
  });

  test('keeps the vendor’s time to settle: the verification is asked with it', async ({ expect }) => {
    const world = createWorld();
    world.executor.promise = () => ({
      ...{
        idempotency: 'token',
        tellsWhose: true,
        consistencyDelayMs: 0,
        deadlineMs: 60_000,
        settleMs: 1_000,
      },
    });
    await (await stage.open(world)).ended();
    const looks = world.calls.filter(({ name }) => name === 'verify').map(({ input }) => input);
    expect(looks.at(-1)).toMatchObject({ settleMs: 1_000 });
  });
});

describe.concurrent('a plan of several steps', () => {
  test('waits until what a step did can be seen before the next one goes', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    const { observe } = world.executor;
    let hidden = 2;
    world.executor.observe = async (...asked) => {
      const states = await observe(...asked);
      if (world.executor.ledger.length !== 1 || hidden === 0) return states;
      hidden -= 1;
      return states.map((state) => ({ ...state, readyReplicas: 1 }));
    };
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1 });
    expect(timeline).toContainEqual(
      expect.objectContaining({
        ...{ type: 'gate-refused', step: 1, reason: 'step-unfinished' },
        detail: expect.stringContaining('replicas are ready'),
      }),
    );
    expect(world.executor.ledger.map(({ stepKey: key }) => key)).toEqual([
      stepKey(scaleOut),
      stepKey(rollback),
    ]);
  });
});

describe.concurrent('dry run', () => {
  test('ends with a person who reads what would have been done; nothing was, and nothing counts as a fix', async ({
    expect,
  }) => {
    const world = createWorld();
    Object.assign(world.executor, { dryRun: true });
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('dry run') });
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'effect-dry-run', ok: true }));
    expect(timeline.map(({ type }) => type)).not.toContain('effect-failed');
    expect(timeline.map(({ type }) => type)).not.toContain('effect-applied');
    expect(fold(timeline, 'i')?.effects).toMatchObject([{ status: 'dry-run' }]);
    expect(world.executor.ledger).toEqual([]);
  });
});
