/** What outlives one worker, one history and one message: restarts, continue-as-new, duplicates, late messages, the Web UI. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Activities } from '../../activities/types.ts';
import { createIncidentMessenger } from '../../adapters/temporal/incident-messenger.ts';
import { createIncidentStarter } from '../../adapters/temporal/incident-starter.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld } from '../support/fakes.ts';
import { anomaly, approval, auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { fastSettings, incidentInput, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

describe('a worker that goes away', () => {
  test('while an approval is awaited changes nothing: the next worker goes on', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world);
    const { approval: request } = await incident.until((state) => state.status === 'awaiting-approval');
    await world.called('readApproval');
    await stage.replaceWorker();
    world.stores.approvals.decide(request?.planHash ?? '', 'approve');
    await incident.handle.signal(messages.approvalDecided, {
      approvalId: 'ap-1',
      planHash: request?.planHash ?? '',
      actor: 'ada',
      decision: 'approve',
      reason: '',
    });
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
  });

  test('while it verifies changes nothing, and no effect is repeated', async () => {
    const world = createWorld();
    world.unhealthyAnswer = 'unverified';
    world.fixedBy = [];
    const incident = await stage.open(world, { verifyTimeoutMs: 60_000 });
    await world.called('verify');
    await stage.replaceWorker();
    world.healthy = true;
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(world.executor.ledger).toHaveLength(1);
  });
});

describe.concurrent('continuing as new', () => {
  test('between attempts takes along what failed and what was tried', async ({ expect }) => {
    const world = createWorld();
    world.script = [
      { steps: [scaleOut], verdict: auto, cause: 'traffic-surge' },
      { steps: [rollback], verdict: auto },
    ];
    const incident = await stage.open(world, { continueAsNewAfterEvents: 60 });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
    expect(timeline.map(({ seq }) => seq)).toEqual(timeline.map((_, index) => index + 1));
    const [, second] = world.calls.filter(({ name }) => name === 'makePlan');
    expect(second?.input).toMatchObject({ tried: ['scale@test/orders'] });
    const runs = await stage.client.workflow.count(`WorkflowId = "${incident.id}"`);
    expect(runs.count).toBeGreaterThanOrEqual(2);
  });

  test('while an approval is awaited keeps waiting for the same plan', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world, { continueAsNewAfterEvents: 110 });
    const { approval: request } = await incident.until((state) => state.status === 'awaiting-approval');
    const planHash = request?.planHash ?? '';
    const decision = { planHash, actor: 'ada', decision: 'approve', reason: '' } as const;
    await world.called('readApproval');
    for (let nudge = 1; ; nudge += 1) {
      await incident.handle.signal(messages.approvalDecided, { ...decision, approvalId: `ap-${nudge}` });
      await world.called('readApproval', nudge + 1);
      const { count } = await stage.client.workflow.count(`WorkflowId = "${incident.id}"`);
      if (count > 1) break;
    }
    world.stores.approvals.decide(planHash, 'approve');
    await incident.handle.signal(messages.approvalDecided, { ...decision, approvalId: 'ap-last' });
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 1 });
    expect(types.filter((type) => type === 'approval-requested')).toHaveLength(1);
  });
});

describe.concurrent('messages', () => {
  test('that come twice are recorded once', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { settleMs: 500 });
    await incident.observe(anomaly('a1'));
    await incident.observe(anomaly('a2'));
    await incident.observe(anomaly('a2'));
    await incident.clear('a2');
    await incident.clear('a2');
    await incident.clear('never-seen');
    const { types } = await incident.ended();
    expect(types.filter((type) => type === 'anomaly-observed')).toHaveLength(2);
    expect(types.filter((type) => type === 'anomaly-cleared')).toHaveLength(1);
  });

  test('of new trouble after the end are handed back, so that the next episode opens', async ({ expect }) => {
    const world = createWorld();
    const { closeEpisode } = world.stores.incidents;
    const incident = await stage.open(world);
    world.stores.incidents.closeEpisode = async (...args) => {
      await incident.observe(anomaly('late'));
      await incident.observe(anomaly('a1')); // known: not new trouble
      await closeEpisode(...args);
    };
    const { result } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(world.stores.requeue.returned.map(({ id }) => id)).toEqual(['late']);
  });

  test('of more anomalies than it keeps keep the state bounded and count the rest', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world, { settleMs: 3_000 });
    const storm = Array.from({ length: 80 }, (_, index) => anomaly(`storm-${index}`));
    await Promise.all(storm.map(incident.observe));
    // Whoever told them died before it could say so: they are told again.
    await Promise.all(storm.map(incident.observe));
    const { result, types } = await incident.ended();
    expect(types.filter((type) => type === 'anomaly-observed')).toHaveLength(81);
    expect(result).toMatchObject({ outcome: 'resolved' });
    const state = await incident.state();
    expect(state.anomaliesSeen).toBe(81);
    expect(Object.keys(state.anomalies)).toHaveLength(64);
  });
});

describe('the Web UI', () => {
  test('reads like a runbook: search attributes, summaries, current details', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world);
    await incident.until((state) => state.status === 'awaiting-approval');
    await world.called('readApproval');

    const details = async (): Promise<string | undefined> => {
      const query = '__temporal_workflow_metadata';
      return (await incident.handle.query<{ currentDetails?: string }>(query)).currentDetails;
    };
    // The answer of readApproval has to reach the workflow first.
    await expect.poll(details).toMatch(/\*\*Waiting for\*\* approval of plan/);
    expect(await details()).toContain('rollback-release test/orders (to=r1)');
    const { searchAttributes } = await incident.handle.describe();
    expect(searchAttributes).toMatchObject({
      SentinelStatus: ['awaiting-approval'],
      SentinelSeverity: ['critical'],
      SentinelService: ['orders'],
      SentinelEnvironment: ['test'],
    });
    const history = await incident.handle.fetchHistory();
    const summarized = (history.events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes || event.timerStartedEventAttributes,
    );
    expect(summarized.length).toBeGreaterThan(5);
    expect(summarized.filter((event) => !event.userMetadata?.summary)).toEqual([]);
    await incident.handle.terminate();
  });
});

describe('a storm', () => {
  test('is recorded in parts that a payload has room for, whole and in order', async () => {
    const usual = createWorld();
    const calls: number[] = [];
    const recordEvents: Activities['recordEvents'] = async (input) => {
      calls.push(input.events.length);
      return usual.activities.recordEvents(input);
    };
    const world = { ...usual, activities: { ...usual.activities, recordEvents } };
    const { id, handle, until } = await stage.open(world, { settleMs: 60_000 });
    const news = Array.from(
      { length: 450 },
      (_, index) => ({ kind: 'observed', anomaly: anomaly(`s${index}`) }) as const,
    );
    await handle.signal(messages.anomalyNews, news);
    await until((state) => state.anomaliesSeen === 451);
    await expect.poll(async () => (await world.stores.incidents.timeline(id)).length).toBe(452);
    const timeline = await world.stores.incidents.timeline(id);
    expect(
      timeline.flatMap((event) => (event.type === 'anomaly-observed' ? [event.anomaly.id] : [])),
    ).toEqual(['a1', ...news.map((one) => one.anomaly.id)]);
    expect(Math.max(...calls)).toBe(200);
    await handle.terminate();
  });
});

describe('starting and talking to incidents', () => {
  test('the first anomaly starts, the next signals, and after the end it is closed', async () => {
    const { settings: _settings, ...input } = incidentInput();
    const { client, taskQueue } = stage;
    const starter = createIncidentStarter({ client, taskQueue, settings: fastSettings });
    const messenger = createIncidentMessenger({ client });
    const id = input.incidentId;
    stage.settle(id, createWorld());

    const observed = (anomalyId: string) => ({ kind: 'observed', anomaly: anomaly(anomalyId) }) as const;
    const cleared = (anomalyId: string) => ({ kind: 'cleared', anomalyId, clearedMs: 1 }) as const;
    expect(await starter.tell(input, [cleared('a1')])).toBe('closed');
    expect(await starter.tell(input, [cleared('a1'), cleared('a2')])).toBe('closed');
    expect(await starter.tell(input, [observed('a1')])).toBe('signalled');
    expect(await starter.tell(input, [observed('a2'), observed('a3'), cleared('a3'), observed('a1')])).toBe(
      'signalled',
    );
    expect(await starter.tell(input, [cleared('a2')])).toBe('signalled');
    const handle = client.workflow.getHandle(id);
    // A signal that arrives while a workflow task runs is delivered after it; a query may be answered in between.
    await expect
      .poll(
        async () => {
          const { anomalies } = await handle.query(messages.stateQuery);
          return Object.values(anomalies).map((one) => [one.id, one.state]);
        },
        { timeout: 60_000 },
      )
      .toEqual([
        ['a1', 'firing'],
        ['a2', 'cleared'],
        ['a3', 'cleared'],
      ]);
    expect(await (await handle.describe()).staticSummary()).toBe('warning: errors of orders');
    expect(await messenger.addNote(id, 'n1', 'ada', 'hello')).toEqual({ accepted: true, reason: '' });
    expect(await messenger.addNote(id, 'n2', 'ada', '')).toMatchObject({ accepted: false });
    expect(await messenger.takeOver(id, 'ada', 'mine')).toEqual({ accepted: true, reason: '' });
    await handle.result();

    expect(await starter.tell(input, [observed('a4')])).toBe('closed');
    expect(await starter.tell(input, [observed('a4'), observed('a5')])).toBe('closed');
    expect(await messenger.abort(id, 'ada', 'too late')).toMatchObject({ accepted: false });
    await messenger.approvalDecided(id, {
      approvalId: 'ap-1',
      planHash: 'p',
      actor: 'ada',
      decision: 'approve',
      reason: '',
    });
  });

  test('a decision reaches the incident as an update, or as a signal when no worker answers', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world);
    const { approval: request } = await incident.until((state) => state.status === 'awaiting-approval');
    const planHash = request?.planHash ?? '';
    world.stores.approvals.decide(planHash, 'approve');
    const messenger = createIncidentMessenger({ client: stage.client, updateTimeoutMs: 1 });
    await messenger.approvalDecided(incident.id, {
      approvalId: 'ap-1',
      planHash,
      actor: 'ada',
      decision: 'approve',
      reason: '',
    });
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.filter((type) => type === 'approval-recorded')).toHaveLength(1);
  });
});
