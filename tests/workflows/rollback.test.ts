/** A rollback that people asked for, carried out by a workflow of its own. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIncidentMessenger } from '../../adapters/temporal/incident-messenger.ts';
import { createRollbackWorkflows } from '../../adapters/temporal/rollback-workflows.ts';
import type { RollbackNews } from '../../domain/incident/events.ts';
import type { IncidentSettings, RollbackOrder } from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { auto, environment, scaleOut, service } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { fastSettings, type OpenIncident, type Stage, startStage } from './stage.ts';

/** An incident that a scaling has resolved. */
async function resolved(stage: Stage, world: World, settings: Partial<IncidentSettings> = {}) {
  world.script = [{ steps: [scaleOut], verdict: auto }];
  world.fixedBy = ['scale@test/orders'];
  const incident = await stage.open(world, settings);
  await incident.ended();
  world.fixedBy = []; // taking it back mends nothing
  return incident;
}

function orderFor({ id }: OpenIncident, world: World, expiresAtMs = Date.now() + 86_400_000): RollbackOrder {
  const [planHash = ''] = [...world.stores.plans.keys()];
  return {
    ...{
      requestId: `rollback-${randomUUID()}`,
      incidentId: id,
      planHash,
      step: 0,
      stepKey: 'scale@test/orders',
    },
    ...{ action: 'scale', targetService: service, scope: { environment, service } },
    ...{ onsetMs: 1_000, recordedSeq: 1, expiresAtMs },
  };
}

const undos = (world: World) => world.executor.ledger.filter(({ direction }) => direction === 'compensation');

describe('a rollback', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(await connectServer());
  });
  afterAll(() => stage.stop());

  async function begin(order: RollbackOrder) {
    const { client, taskQueue } = stage;
    await createRollbackWorkflows({ client, taskQueue, settings: fastSettings }).start(order);
    return client.workflow.getHandle(order.requestId);
  }

  test('undoes once, however often it is started, and tells whether the symptom is there', async () => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.healthy = false; // it comes back
    const handle = await begin(order);
    await begin(order);
    expect(await handle.result()).toMatchObject({ outcome: 'undone' });
    const { runId } = await handle.describe();
    await begin(order);
    expect((await stage.client.workflow.getHandle(order.requestId).describe()).runId).toBe(runId);
    expect(undos(world)).toHaveLength(1);
    const { requestId } = order;
    expect(world.stores.rollbacks.ended).toMatchObject([
      { requestId, outcome: 'undone', undoneBy: expect.any(String) },
    ]);
    expect(world.stores.rollbacks.looks).toMatchObject([{ requestId, result: { outcome: 'not-recovered' } }]);
  });

  test('an answer that is still open at the end is none', async () => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.healthy = false;
    world.unhealthyAnswer = 'unverified';
    await (await begin(order)).result();
    expect(world.stores.rollbacks.looks).toMatchObject([{ result: { outcome: 'unverified' } }]);
  });

  test('a look that cannot be made says so', async () => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.broken.add('verify');
    await (await begin(order)).result();
    expect(world.stores.rollbacks.looks).toMatchObject([
      { result: { outcome: 'unverified', reason: 'the verification could not be asked' } },
    ]);
  });

  test('waits for what passes, and goes then', async () => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.stores.gate.refusals.push('kill-switch', 'still-at-work');
    expect(await (await begin(order)).result()).toMatchObject({ outcome: 'undone' });
    expect(undos(world)).toHaveLength(1);
  });

  test.each([
    ['target-changed', 'refused'],
    ['no-grant', 'refused'],
    ['not-needed', 'not-needed'],
    ['grant-expired', 'expired'],
  ] as const)('that the gate refuses as %s ends as %s, and touches nothing', async (refusal, outcome) => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.stores.gate.refusals.push(refusal);
    expect(await (await begin(order)).result()).toMatchObject({ outcome, undoneBy: null });
    expect(undos(world)).toEqual([]);
    expect(world.stores.rollbacks.looks).toEqual([]);
  });

  test.each([
    ['refuse', 'failed', 0],
    ['unknowable', 'uncertain', 0],
    ['lost-done', 'undone', 1],
    ['lost-undone', 'undone', 1],
  ] as const)('whose call is %s ends as %s', async (fate, outcome, effects) => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    world.executor.fates.push(fate);
    expect(await (await begin(order)).result()).toMatchObject({ outcome });
    expect(undos(world)).toHaveLength(effects);
  });

  test('goes on when its worker dies in the middle of it', async () => {
    const world = createWorld();
    const order = orderFor(await resolved(stage, world), world);
    const hold = Promise.withResolvers<void>();
    world.executor.hold = hold.promise;
    const calls = world.calls.filter(({ name }) => name === 'execute').length;
    const handle = await begin(order);
    await world.called('execute', calls + 1);
    const replaced = stage.replaceWorker();
    hold.resolve();
    await replaced;
    expect(await handle.result()).toMatchObject({ outcome: 'undone' });
    expect(undos(world)).toHaveLength(1);
  });
});

describe('news of a rollback', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(await connectServer());
  });
  afterAll(() => stage.stop());

  test('are events of an incident that somebody has in hand, once; one that has ended takes none', async () => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { maxAttempts: 1, staysAwayMs: 60_000, holdMs: 10 });
    const { effects } = await incident.until(({ status }) => status === 'handed-over');
    expect(effects).toMatchObject([{ status: 'applied' }]);
    const intentId = effects[0]?.intentId ?? '';
    const messenger = createIncidentMessenger({ client: stage.client, updateTimeoutMs: 60_000 });
    const about = { requestId: 'rollback-1', intentId, stepKey: 'scale@test/orders' };
    const news: readonly RollbackNews[] = [
      {
        ...{
          type: 'rollback-requested',
          newsId: 'rollback-1/a',
          ...about,
          actor: 'person:ada',
          reason: 'no',
        },
        ...{ given: 1, quorum: 1, expiresAtMs: 1 },
      },
      {
        type: 'rollback-ended',
        newsId: 'rollback-1/ended',
        ...about,
        outcome: 'undone',
        reason: 'two again',
      },
    ];
    for (const one of [...news, ...news])
      expect(await messenger.rollbackNews(incident.id, one)).toEqual({ accepted: true, reason: '' });
    const [ended] = news.slice(1);
    if (ended === undefined) throw new Error('no news');
    expect(await messenger.rollbackNews(incident.id, { ...ended, intentId: 'other' })).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('invalid'),
    });
    expect((await incident.state()).effects).toMatchObject([{ status: 'undone' }]);
    expect(await messenger.close(incident.id, 'ada', 'done')).toMatchObject({ accepted: true });
    const { types, timeline } = await incident.ended();
    expect(types.filter((type) => type.startsWith('rollback'))).toEqual([
      'rollback-requested',
      'rollback-ended',
    ]);
    // What was rolled back is not left in place any more.
    expect(timeline.at(-2)).not.toHaveProperty('leftInPlace');
    expect(await messenger.rollbackNews(incident.id, ended)).toMatchObject({
      accepted: false,
      reason: expect.stringMatching(/^closed/),
    });
  });
});
