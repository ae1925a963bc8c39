/** Incidents that end without an effect: healed by themselves, harmless, or without anything to try. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { passingLooks } from '../../workflows/timings.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, rollback } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

/** Settings count from the onset of the example's anomaly. */
const lasting = (fromNowMs: number): number => Date.now() + fromNowMs - anomaly('a1').onsetMs;

describe.concurrent('a symptom that goes by itself', () => {
  test('while gathering closes the incident as self-recovered, without an analysis', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { settleMs: 3_000 });
    world.healthy = true;
    await incident.clear('a1');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).not.toContain('enrichment-started');
    expect(world.executor.ledger).toEqual([]);
  });

  test('soon, before it has lasted long enough to act on, is left alone', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { actAfterMs: lasting(10_000) });
    await world.called('evaluatePolicy');
    world.healthy = true;
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).toContain('planned');
    expect(world.executor.ledger).toEqual([]);
  });

  test('in part, while nothing measured is bad, is waited for', async ({ expect }) => {
    const world = createWorld();
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { actAfterMs: lasting(1_000) });
    await incident.observe(anomaly('a2', { signal: 'logs' }));
    await incident.clear('a1');
    await world.called('verify', passingLooks + 2);
    world.healthy = true;
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('in no part, though nothing tells that it is bad, is fixed before long', async ({ expect }) => {
    const world = createWorld();
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { actAfterMs: lasting(1_000) });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    const names = world.calls.map(({ name }) => name);
    const looks = names.slice(0, names.indexOf('execute')).filter((name) => name === 'verify');
    expect(looks).toHaveLength(passingLooks);
  });

  test('not at all is fixed once it has lasted long enough', async ({ expect }) => {
    const world = createWorld();
    const actAtMs = Date.now() + 2_000;
    const incident = await stage.open(world, { actAfterMs: lasting(2_000) });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(world.executor.ledger).toHaveLength(1);
    const intent = timeline.find(({ type }) => type === 'intent-written');
    expect(intent?.atMs).toBeGreaterThanOrEqual(actAtMs);
  });

  test('only in the detector, while the series is still bad, is fixed', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { settleMs: 500 });
    await incident.clear('a1');
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('and comes back is fixed', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { settleMs: 3_000, selfRecoveryMs: 60_000 });
    await incident.clear('a1');
    await incident.observe(anomaly('a2'));
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(timeline.filter(({ type }) => type === 'anomaly-observed')).toHaveLength(2);
  });

  test('while people think about a plan makes the plan void', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world);
    await world.called('readApproval');
    world.healthy = true;
    await incident.clear('a1');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).not.toContain('intent-written');
  });

  test('after a fix that did not seem to help, and still stands, counts as resolved', async ({ expect }) => {
    const world = createWorld();
    const { restart } = await import('../support/incident-examples.ts');
    world.script = [
      { steps: [restart], verdict: auto },
      { steps: [rollback], verdict: approval() },
    ];
    world.fixedBy = [];
    const incident = await stage.open(world);
    await world.called('readApproval');
    world.healthy = true;
    await incident.clear('a1');
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', reason: expect.stringContaining('earlier effect') });
    expect(world.executor.ledger).toHaveLength(1);
  });
});

describe.concurrent('an incident where acting would only do harm', () => {
  function harmless(): World {
    const world = createWorld();
    world.script = [{ nothing: 'telemetry-gap: leaving it alone is right', harmless: true }];
    return world;
  }

  test('is watched, and closed when the symptom has gone', async ({ expect }) => {
    const world = harmless();
    const incident = await stage.open(world, { watchMs: 60_000 });
    await incident.until((state) => state.status === 'deciding');
    world.healthy = true;
    await incident.clear('a1');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).toContain('nothing-to-try');
    expect(world.executor.ledger).toEqual([]);
  });

  test('goes to a person with the explanation when the symptom stays', async ({ expect }) => {
    const { result } = await (await stage.open(harmless(), { watchMs: 200 })).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringMatching(/^telemetry-gap.*still there after watching/),
    });
  });

  test('is looked at again when a new symptom shows that it is not harmless', async ({ expect }) => {
    const world = harmless();
    world.script = [...world.script, { steps: [rollback], verdict: auto }];
    const incident = await stage.open(world, { watchMs: 60_000 });
    await incident.until((state) => state.status === 'deciding');
    await incident.observe(anomaly('a2'));
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
  });
});

describe.concurrent('an incident without anything to try', () => {
  test('is analysed again, and goes to a person when later evidence says no more', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ nothing: 'inconclusive', harmless: false }];
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: 'inconclusive', attempts: 3 });
    expect(types.filter((type) => type === 'enrichment-started')).toHaveLength(3);
  });

  test('is fixed when later evidence says more', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { nothing: 'inconclusive', harmless: false },
      { steps: [rollback], verdict: auto },
    ];
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
  });
});

describe.concurrent('an analysis that misses a reading', () => {
  test('is repeated when that has come, not before', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { nothing: 'inconclusive', harmless: false, inconclusive: true, awaitedForMs: 3_000 },
      { steps: [rollback], verdict: auto },
    ];
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
    const [first, second] = timeline.filter(({ type }) => type === 'enrichment-started');
    // The reading was said to come a moment after the first began.
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(2_990);
  });

  test('does not wait on when the symptom has gone', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ nothing: 'inconclusive', harmless: false, inconclusive: true, awaitedForMs: 600_000 }];
    const incident = await stage.open(world);
    await incident.until(({ diagnosis }) => diagnosis !== null);
    world.healthy = true;
    await incident.clear('a1');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'self-recovered' });
  });
});

describe.concurrent('an analysis that breaks for good', () => {
  test.for(['enrich', 'makePlan', 'evaluatePolicy'] as const)(
    'in %s sends the incident to a person instead of failing the workflow',
    async (name, { expect }) => {
      const world = createWorld();
      world.broken.add(name);
      const { result } = await (await stage.open(world)).ended();
      expect(result).toMatchObject({ outcome: 'escalated', reason: `${name}: ${name} is broken` });
      expect(world.executor.ledger).toEqual([]);
    },
  );

  test('a verification that cannot be asked never resolves', async ({ expect }) => {
    const world = createWorld();
    world.broken.add('verify');
    const { result } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell'),
    });
  });

  test('a postmortem that cannot be written holds nothing up', async ({ expect }) => {
    const world = createWorld();
    world.broken.add('draftPostmortem');
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.at(-1)).toBe('incident-closed');
  });
});
