/** A plan that was granted, and for which policy asks more by the time it is carried out: people are asked, and nothing runs meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as messages from '../../workflows/messages.ts';
import { maxRounds } from '../../workflows/timings.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { approval, auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { describeWithTimeSkipping } from '../support/time-skipping.ts';
import { connectServer, connectTimeSkippingServer } from './servers.ts';
import { type OpenIncident, type Stage, startStage } from './stage.ts';

const twoPeople = { role: 'operator', quorum: 2, deadlineSeconds: 600 } as const;

/** Policy is stricter when the gate asks it than when the plan was made. */
function tightened(verdict: typeof auto | ReturnType<typeof approval>, refusals = 1): World {
  const world = createWorld();
  world.script = [{ steps: [rollback], verdict }];
  world.stores.gate.refusals.push(...Array<'approval-needed'>(refusals).fill('approval-needed'));
  return world;
}

async function asked(incident: OpenIncident, round: number): Promise<string> {
  const { approval: request } = await incident.until(
    ({ status, approval: now }) => status === 'awaiting-approval' && (now?.round ?? 1) === round,
  );
  return request?.planHash ?? '';
}

async function vote(
  { world, handle }: OpenIncident,
  planHash: string,
  decision: 'approve' | 'reject',
  id: string,
) {
  world.stores.approvals.decide(planHash, decision);
  const said = { approvalId: id, planHash, actor: 'ada', decision, reason: 'so be it' };
  await handle.signal(messages.approvalDecided, said);
}

const rounds = (types: readonly string[]): number =>
  types.filter((type) => type === 'approval-requested').length;

describe.concurrent('a tightened policy', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(await connectServer());
  });
  afterAll(() => stage.stop());

  test('asks about the plan that it had let through, and lets it run once it is approved', async ({
    expect,
  }) => {
    const world = tightened(auto);
    const incident = await stage.open(world);
    const planHash = await asked(incident, 1);
    await world.called('requestApproval');
    expect(world.executor.ledger).toEqual([]);
    expect((await incident.state()).approval).toMatchObject({ because: 'as the test wants it', quorum: 1 });
    await vote(incident, planHash, 'approve', 'ap-1');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1 });
    expect(types.filter((type) => type === 'planned')).toHaveLength(1);
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('asks again about what one person had approved; that vote stays, and a second is enough', async ({
    expect,
  }) => {
    const world = tightened(approval());
    world.stores.gate.needs = twoPeople;
    const incident = await stage.open(world);
    const planHash = await asked(incident, 1);
    await vote(incident, planHash, 'approve', 'ap-1');
    expect(await asked(incident, 2)).toBe(planHash);
    await world.called('requestApproval', 2);
    expect((await incident.state()).approval).toMatchObject({
      quorum: 2,
      decisions: [{ approvalId: 'ap-1' }],
    });
    expect(world.executor.ledger).toEqual([]);
    await vote(incident, planHash, 'approve', 'ap-2');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(rounds(types)).toBe(2);
  });

  test('that is rejected when it asks again lets nothing run', async ({ expect }) => {
    const world = tightened(auto);
    const incident = await stage.open(world);
    await vote(incident, await asked(incident, 1), 'reject', 'ap-1');
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: 'ada rejected the plan: too risky' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('that asks more each time is for people, too, after some rounds', async ({ expect }) => {
    const world = tightened(auto, 2 * maxRounds);
    world.stores.gate.needs = { ...twoPeople, quorum: 1, afresh: true };
    const incident = await stage.open(world);
    for (let round = 1; round <= maxRounds; round += 1) {
      const planHash = await asked(incident, round);
      await world.called('requestApproval', round);
      await vote(incident, planHash, 'approve', `ap-${round}`);
    }
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('approval-needed (as the test wants it)'),
    });
    expect(rounds(types)).toBe(maxRounds);
    expect(world.executor.ledger).toEqual([]);
  });

  test('in the middle of a plan takes back what was done of it, and asks nobody', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut, rollback], verdict: auto }];
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) => {
      if (input.step !== 1) return pass(input, sighting);
      return { granted: false, reason: 'approval-needed', detail: 'stricter', needs: twoPeople };
    };
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('stricter') });
    expect(rounds(types)).toBe(0);
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
  });

  test('is waited for across a history that begins anew', async ({ expect }) => {
    const world = tightened(auto);
    const incident = await stage.open(world, { continueAsNewAfterEvents: 60 });
    const planHash = await asked(incident, 1);
    await world.called('readApproval');
    for (let nudge = 1; ; nudge += 1) {
      const said = {
        approvalId: `n-${nudge}`,
        planHash,
        actor: 'ada',
        decision: 'approve',
        reason: '',
      } as const;
      await incident.handle.signal(messages.approvalDecided, said);
      await world.called('readApproval', nudge + 1);
      const { count } = await stage.client.workflow.count(`WorkflowId = "${incident.id}"`);
      if (count > 1) break;
    }
    expect(world.executor.ledger).toEqual([]);
    await vote(incident, planHash, 'approve', 'ap-last');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1 });
    expect(rounds(types)).toBe(1);
  });

  test('approvals that are too old are asked for afresh: the old ones count no more, new ones let it run', async ({
    expect,
  }) => {
    const world = tightened(approval(), 0);
    world.stores.gate.refusals.push('grant-expired');
    world.stores.gate.needs = { ...twoPeople, quorum: 1, afresh: true };
    const incident = await stage.open(world);
    await vote(incident, await asked(incident, 1), 'approve', 'ap-1');
    const planHash = await asked(incident, 2);
    await world.called('requestApproval', 2);
    expect((await incident.state()).approval).toMatchObject({
      afresh: true,
      because: 'as the test wants it',
      decisions: [],
    });
    expect(world.executor.ledger).toEqual([]);
    await vote(incident, planHash, 'approve', 'ap-2');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1 });
    expect(types.filter((type) => type === 'planned')).toHaveLength(1);
    expect(rounds(types)).toBe(2);
  });

  test('approvals that nobody gave in time are not asked for again', async ({ expect }) => {
    const world = tightened(auto, 0);
    const { pass } = world.stores.gate;
    world.stores.gate.pass = async (input, sighting) =>
      input.direction === 'forward'
        ? { granted: false, reason: 'grant-expired', detail: 'the deadline passed' }
        : pass(input, sighting);
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('grant-expired') });
    expect(rounds(types)).toBe(0);
  });
});

await describeWithTimeSkipping('a tightened policy, and time', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage(await connectTimeSkippingServer());
  });
  afterAll(() => stage.stop());

  test('that asks again and hears nothing goes to a person at the new deadline', async () => {
    const world = tightened(auto);
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('nobody decided') });
    const request = timeline.find((event) => event.type === 'approval-requested');
    const ended = timeline.find(({ type }) => type === 'incident-closed');
    const waitedMs = (ended?.atMs ?? 0) - (request?.atMs ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(world.stores.gate.needs.deadlineSeconds * 1_000);
    expect(world.executor.ledger).toEqual([]);
  });

  test('a Sentinel that stays behind asks people once it had the time to catch up', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: auto }];
    world.stores.gate.refusals.push(...Array<'overloaded'>(200).fill('overloaded'));
    const { result, types, timeline } = await (await stage.open(world)).ended();
    const atMs = (wanted: string) => timeline.find(({ type }) => type === wanted)?.atMs ?? 0;
    const waitedMs = atMs('approval-requested') - atMs('gate-refused');
    expect(waitedMs).toBeGreaterThanOrEqual(3 * 60_000);
    expect(waitedMs).toBeLessThan(4 * 60_000);
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('nobody decided') });
    expect(rounds(types)).toBe(1);
    expect(world.executor.ledger).toEqual([]);
  });
});
