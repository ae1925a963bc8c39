/** Incidents that Sentinel acts on: fixes, second fixes, undoing, lost answers, the gate. */
import { afterAll, beforeAll, describe, test } from 'vitest';
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

describe.concurrent('an incident that policy lets Sentinel fix', () => {
  test('is enriched, explained, fixed, verified and closed as resolved', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world);
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1, actor: 'system:sentinel' });
    expect(types).toEqual([
      'incident-opened',
      'anomaly-observed',
      'enrichment-started',
      'enriched',
      'diagnosed',
      'planned',
      'decided',
      'intent-written',
      'effect-applied',
      'verification-started',
      'verified',
      'incident-closed',
      'postmortem-drafted',
    ]);
    expect(world.executor.ledger.map((entry) => entry.stepKey)).toEqual([stepKey(rollback)]);
    expect(world.stores.closedEpisodes).toEqual([incident.id]);
    expect(world.stores.postmortems.saved.get(incident.id)).toContain('Outcome: **resolved**');
  });

  test('gets a second fix after the first one did not help and was undone', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
    expect(world.executor.ledger.map(({ stepKey, direction }) => [stepKey, direction])).toEqual([
      [stepKey(scaleOut), 'forward'],
      ['scale@test/orders', 'compensation'],
      [stepKey(rollback), 'forward'],
    ]);
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'compensation-finished', attempt: 1, undone: 1, notUndone: [] }),
    );
    const [, secondAnalysis] = world.calls.filter((call) => call.name === 'enrich');
    expect(secondAnalysis?.input).toMatchObject({
      failedCauses: [{ cause: 'traffic-surge', service: 'orders' }],
    });
    const [, secondPlan] = world.calls.filter((call) => call.name === 'makePlan');
    expect(secondPlan?.input).toMatchObject({ tried: [stepKey(scaleOut)] });
  });

  test('of several steps undoes them last in, first out', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    world.fixedBy = [];
    const { result } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({ outcome: 'escalated' });
    expect(world.executor.ledger.map(({ stepKey, direction }) => `${direction} ${stepKey}`)).toEqual([
      'forward scale@test/orders',
      'forward rollback-release@test/orders',
      'compensation deploy-release@test/orders',
      'compensation scale@test/orders',
    ]);
  });

  test('goes to a person when the fixes are used up, with everything undone', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { steps: [restart], verdict: auto },
      { steps: [scaleOut], verdict: auto },
    ];
    world.fixedBy = [];
    const incident = await stage.open(world, { maxAttempts: 2 });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('2 fixes tried') });
    expect((await world.stores.incidents.state(incident.id))?.effects.at(-1)).toMatchObject({
      stepKey: 'scale@test/orders',
      status: 'undone',
    });
  });

  test('is never resolved without samples, nor undone', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.unhealthyAnswer = 'unverified';
    const { result, timeline } = await (await stage.open(world, { maxAttempts: 1 })).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell'),
    });
    expect(timeline.filter(({ type }) => type === 'verified')).toHaveLength(2);
    expect(world.executor.ledger).toHaveLength(1);
  });
});

describe.concurrent('an effect', () => {
  test('whose answer was lost after it happened is found by looking, and not repeated', async ({
    expect,
  }) => {
    const world = createWorld();
    world.executor.fates.push('lost-done');
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(world.executor.ledger).toHaveLength(1);
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'effect-applied', foundByLookup: true }));
  });

  test('that nobody can tell of is not repeated, and a person is asked', async ({ expect }) => {
    const world = createWorld();
    world.executor.fates.push('unknowable');
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell'),
    });
    expect(world.executor.ledger.filter(({ direction }) => direction === 'forward')).toHaveLength(0);
  });

  test('that the executor refused makes room for another one', async ({ expect }) => {
    const world = createWorld();
    world.executor.fates.push('refuse');
    world.script = [
      { steps: [scaleOut], verdict: auto },
      { steps: [rollback], verdict: auto },
    ];
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
    expect(types).not.toContain('compensation-started'); // nothing happened: nothing is owed
  });

  test('that cannot be undone is left to a person, and the others are undone all the same', async ({
    expect,
  }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    world.fixedBy = [];
    world.executor.fates.push('ok', 'ok', 'refuse');
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('could not be undone: rollback-release@test/orders'),
    });
    expect(world.executor.ledger.at(-1)).toMatchObject({
      direction: 'compensation',
      stepKey: 'scale@test/orders',
    });
  });
});

describe.concurrent('the gate', () => {
  test.for(['no-grant', 'plan-changed', 'once-rule', 'breaker-open', 'policy-denied'] as const)(
    'refusing with %s sends the incident to a person, without an effect',
    async (reason, { expect }) => {
      const world = createWorld();
      world.stores.gate.refusals.push(reason);
      const { result, types } = await (await stage.open(world)).ended();
      expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining(reason) });
      expect(types).toContain('gate-refused');
      expect(world.executor.ledger).toEqual([]);
    },
  );

  test('failing for good sends the incident to a person, with earlier steps undone', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    const pass = world.stores.gate.pass;
    world.stores.gate.pass = async (input, sighting) => {
      if (input.step === 1) throw Object.assign(new Error('bytes changed'), { name: 'PlanHashMismatch' });
      return pass(input, sighting);
    };
    const { result } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: 'passGate: bytes changed' });
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
  });
});
