/** What people can say to an incident: approve, reject, take over, abort, note. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { IncidentState } from '../../domain/incident/state.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { approval, auto, deny, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, refusalOf, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const awaiting = (state: IncidentState): boolean => state.status === 'awaiting-approval';

function needingApproval(): World {
  const world = createWorld();
  world.script = [{ steps: [rollback], verdict: approval() }];
  return world;
}

async function openAwaiting(
  world = needingApproval(),
): Promise<{ incident: OpenIncident; planHash: string }> {
  const incident = await stage.open(world);
  const state = await incident.until(awaiting);
  await world.called('requestApproval');
  return { incident, planHash: state.approval?.planHash ?? '' };
}

function decision(
  planHash: string,
  overrides: Partial<messages.ApprovalDecided> = {},
): messages.ApprovalDecided {
  return { approvalId: 'ap-1', planHash, actor: 'ada', decision: 'approve', reason: 'go', ...overrides };
}

describe.concurrent('an approval', () => {
  test('decided in the store and heard by signal lets the plan run', async ({ expect }) => {
    const world = needingApproval();
    const { incident, planHash } = await openAwaiting(world);
    world.stores.approvals.decide(planHash, 'approve');
    await incident.handle.signal(messages.approvalDecided, decision(planHash));
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types).toEqual(
      expect.arrayContaining(['approval-requested', 'approval-recorded', 'approval-granted']),
    );
  });

  test('that only a message claims, and the store does not know, lets nothing run', async ({ expect }) => {
    const world = needingApproval();
    const { incident, planHash } = await openAwaiting(world);
    await world.called('readApproval', 1);
    await incident.handle.signal(messages.approvalDecided, decision(planHash));
    await world.called('readApproval', 2);
    expect((await incident.state()).status).toBe('awaiting-approval');
    expect(world.executor.ledger).toEqual([]);
    await incident.handle.terminate();
  });

  test('heard by update is acknowledged, and refused when it comes twice, stale or empty', async ({
    expect,
  }) => {
    const world = needingApproval();
    const { incident, planHash } = await openAwaiting(world);
    const decide = (said: messages.ApprovalDecided) =>
      refusalOf(incident.handle.executeUpdate(messages.decideApproval, { args: [said] }));
    expect(await decide(decision('another-plan'))).toMatch(/^stale-plan:/);
    expect(await decide(decision(planHash, { actor: '' }))).toMatch(/^invalid:/);
    expect(await decide(decision(planHash))).toBe('accepted');
    expect(await decide(decision(planHash))).toMatch(/^already-decided:/);
    world.stores.approvals.decide(planHash, 'approve');
    await incident.handle.signal(messages.approvalDecided, decision(planHash, { approvalId: 'ap-2' }));
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(timeline.filter(({ type }) => type === 'approval-recorded')).toHaveLength(2);
  });

  test('nobody waits for is refused as not awaited', async ({ expect }) => {
    const world = createWorld();
    let release = (): void => {};
    world.executor.hold = new Promise((resolve) => {
      release = resolve;
    });
    const incident = await stage.open(world);
    await world.called('execute');
    const said = incident.handle.executeUpdate(messages.decideApproval, { args: [decision('any')] });
    expect(await refusalOf(said)).toMatch(/^not-awaiting:/);
    release();
    await incident.ended();
  });

  test('rejected sends the incident to a person without an effect', async ({ expect }) => {
    const world = needingApproval();
    const { incident, planHash } = await openAwaiting(world);
    world.stores.approvals.decide(planHash, 'reject');
    await incident.handle.signal(messages.approvalDecided, decision(planHash, { decision: 'reject' }));
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: 'ada rejected the plan: too risky' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('that expired in the store sends the incident to a person', async ({ expect }) => {
    const world = needingApproval();
    const { incident, planHash } = await openAwaiting(world);
    world.stores.approvals.expire(planHash);
    await incident.handle.signal(messages.approvalDecided, decision(planHash));
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('nobody decided') });
    expect(types).toContain('approval-expired');
  });
});

test('a plan that policy denies sends the incident to a person, with the rule', async ({ expect }) => {
  const world = createWorld();
  world.script = [{ steps: [rollback], verdict: deny }];
  const { result } = await (await stage.open(world)).ended();
  expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('rule never') });
  expect(world.executor.ledger).toEqual([]);
});

describe.concurrent('taking over', () => {
  test('ends the incident without an effect, and later words are refused', async ({ expect }) => {
    const { incident, planHash } = await openAwaiting();
    const args = [{ actor: 'ada', reason: 'I know this one' }] as const;
    await incident.handle.executeUpdate(messages.takeOver, { args: [...args] });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over', actor: 'ada', reason: 'I know this one' });
    expect(incident.world.executor.ledger).toEqual([]);
    const late = incident.handle.executeUpdate(messages.decideApproval, { args: [decision(planHash)] });
    await expect(late).rejects.toThrow();
  });

  test('while an effect is on its way waits for its outcome and takes nothing back', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    let release = (): void => {};
    world.executor.hold = new Promise((resolve) => {
      release = resolve;
    });
    const incident = await stage.open(world);
    await world.called('execute');
    await incident.handle.executeUpdate(messages.takeOver, { args: [{ actor: 'ada', reason: 'mine' }] });
    const second = incident.handle.executeUpdate(messages.abort, {
      args: [{ actor: 'bob', reason: 'no, mine' }],
    });
    expect(await refusalOf(second)).toMatch(/^already-decided: ada/);
    release();
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over' });
    expect(types).toContain('effect-applied');
    expect(types).not.toContain('compensation-started');
    expect(world.executor.ledger).toHaveLength(1);
  });
});

describe.concurrent('stopping', () => {
  async function whileVerifying(world: World): Promise<OpenIncident> {
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { verifyTimeoutMs: 60_000 });
    await world.called('verify');
    return incident;
  }

  test('by abort undoes what was applied and closes as aborted', async ({ expect }) => {
    const world = createWorld();
    const incident = await whileVerifying(world);
    await incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'ada', reason: 'wrong tree' }] });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'aborted', actor: 'ada', reason: 'wrong tree' });
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
  });

  test('by cancelling the workflow does the same, and Temporal shows it as cancelled', async ({ expect }) => {
    const world = createWorld();
    const incident = await whileVerifying(world);
    await incident.handle.cancel();
    await expect(incident.handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await incident.state()).toMatchObject({ status: 'closed', outcome: 'aborted' });
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward', 'compensation']);
    expect(world.stores.closedEpisodes).toEqual([incident.id]);
  });

  test('says so when something could not be undone', async ({ expect }) => {
    const world = createWorld();
    world.executor.fates.push('ok', 'refuse');
    const incident = await whileVerifying(world);
    await incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'ada', reason: 'stop' }] });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ reason: 'stop; could not be undone: scale@test/orders' });
  });
});

test('a note is kept once, and an empty one is refused', async ({ expect }) => {
  const { incident } = await openAwaiting();
  const note = { noteId: 'n1', actor: 'ada', text: 'looking at the dashboards' };
  const add = (said: typeof note) =>
    refusalOf(incident.handle.executeUpdate(messages.addNote, { args: [said] }));
  expect(await add(note)).toBe('accepted');
  expect(await add(note)).toBe('accepted');
  expect(await add({ ...note, noteId: 'n2', text: '' })).toMatch(/^invalid:/);
  const timeline = await incident.handle.query(messages.timelineQuery);
  expect(timeline.filter(({ type }) => type === 'note-added')).toHaveLength(1);
  await incident.handle.terminate();
});
