/** An open incident whose workflow is gone gets another one: it goes on from the record, or a person has it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIncidentWorkflows } from '../../adapters/temporal/incident-workflows.ts';
import type { IncidentRecord } from '../../api/ports/restarts.ts';
import { startReconciler } from '../../api/reconciler.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { createWorld, noMetrics, silent, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, rollback, scaleOut } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { fastSettings, type OpenIncident, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

/** One that looks when the test says so, at this incident. */
function reconcilerOf({ world, id }: OpenIncident, record: Partial<IncidentRecord> = {}) {
  const logger = { ...silent, child: () => logger };
  let restarts = 0;
  const reconciler = startReconciler({
    restarts: {
      open: async () => ((await world.stores.incidents.state(id))?.status === 'closed' ? [] : [id]),
      async claim() {
        const state = await world.stores.incidents.state(id);
        if (state === null || state.status === 'closed') return null;
        restarts += 1;
        const hasActed = world.stores.gate.intents.size > 0;
        const timeline = await world.stores.incidents.timeline(id);
        return { state, timeline, evidenceRefs: [], restarts, hasActed, episodeOpen: true, ...record };
      },
    },
    workflows: createIncidentWorkflows({
      client: stage.client,
      taskQueue: stage.taskQueue,
      settings: fastSettings,
    }),
    metrics: { ...noMetrics, gauge() {} },
    log: logger,
    clock: { nowMs: () => Date.now() },
    intervalMs: 3_600_000,
  });
  return reconciler;
}

async function ended({ id, world }: OpenIncident) {
  const result: unknown = await stage.client.workflow.getHandle(id).result();
  const timeline = await world.stores.incidents.timeline(id);
  return { result, timeline, types: timeline.map(({ type }) => type) };
}

async function awaiting(): Promise<{ world: World; incident: OpenIncident }> {
  const world = createWorld();
  world.script = [{ steps: [rollback], verdict: approval() }];
  const incident = await stage.open(world);
  await world.called('readApproval');
  return { world, incident };
}

const seqs = (timeline: readonly IncidentEvent[]): readonly number[] => timeline.map(({ seq }) => seq);

/** Takes Temporal back to the incident's first task, as a server does that is restored from an older backup. */
async function goBack({ id }: OpenIncident): Promise<void> {
  const { client } = stage;
  const { events = [] } = await client.workflow.getHandle(id).fetchHistory();
  const first = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task != null);
  const { runId } = await client.workflow.getHandle(id).describe();
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: id, runId },
    reason: 'restored from an older backup',
    requestId: id,
    workflowTaskFinishEventId: first?.eventId ?? null,
    // 1, 2: neither signals nor updates; what came after the backup is lost.
    resetReapplyExcludeTypes: [1, 2],
  });
}

describe.concurrent('Temporal that was restored from an older backup than the record', () => {
  async function contradicted(incident: OpenIncident): Promise<void> {
    const { client } = stage;
    await expect
      .poll(async () => (await client.workflow.getHandle(incident.id).describe()).status.name, {
        timeout: 60_000,
      })
      .toBe('FAILED');
  }

  test('before anything was done: another run goes on from the record, and people are told why', async ({
    expect,
  }) => {
    const { world, incident } = await awaiting();
    await incident.observe(anomaly('a2'));
    await incident.until((state) => state.anomaliesSeen === 2);
    await expect.poll(async () => (await world.stores.incidents.state(incident.id))?.anomaliesSeen).toBe(2);
    const before = await world.stores.incidents.timeline(incident.id);
    await goBack(incident);
    await contradicted(incident);
    expect(await world.stores.incidents.timeline(incident.id)).toEqual(before);
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    world.stores.approvals.decide([...world.stores.plans.keys()][0] ?? '', 'approve');
    await stage.client.workflow.getHandle(incident.id).signal('approvalDecided', {
      ...{ approvalId: 'a', planHash: '', actor: 'ada', decision: 'approve', reason: '' },
    });
    const { result, timeline } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(timeline.slice(0, before.length)).toEqual(before);
    expect(seqs(timeline)).toEqual(timeline.map((_, index) => index + 1));
    expect(timeline.find(({ type }) => type === 'workflow-restarted')).toMatchObject({
      reason: expect.stringContaining('Temporal has gone back behind the record'),
    });
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('after something was done: nothing is done again, and a person has it with what is in place', async ({
    expect,
  }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { verifyTimeoutMs: 60_000 });
    await world.called('verify');
    await goBack(incident);
    await contradicted(incident);
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    const { result, types } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('Temporal has gone back behind the record'),
    });
    expect(types.filter((type) => type === 'effect-applied')).toHaveLength(1);
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('after its end: the run ends, and the record stays as it was', async ({ expect }) => {
    const world = createWorld();
    const incident = await stage.open(world);
    await incident.ended();
    const before = await world.stores.incidents.timeline(incident.id);
    await goBack(incident);
    await contradicted(incident);
    expect(await world.stores.incidents.timeline(incident.id)).toEqual(before);
    expect(world.executor.ledger).toHaveLength(1);
  });
});

describe.concurrent('an open incident whose workflow was terminated', () => {
  test('goes on where it was, with the same plan, when nothing was done yet', async ({ expect }) => {
    const { world, incident } = await awaiting();
    await incident.handle.terminate('by mistake');
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    expect(reconciler.health()).toMatchObject({
      ok: false,
      detail: expect.stringContaining('1 open incidents'),
    });
    world.stores.approvals.decide([...world.stores.plans.keys()][0] ?? '', 'approve');
    const again = stage.client.workflow.getHandle(incident.id);
    await again.signal('anomalyObserved', anomaly('a2'));
    await again.signal('approvalDecided', {
      ...{ approvalId: 'a', planHash: '', actor: 'ada', decision: 'approve', reason: '' },
    });
    const { result, timeline, types } = await ended(incident);
    await reconciler.look();
    expect(reconciler.health()).toMatchObject({ ok: true, detail: expect.stringContaining('started again') });
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.filter((type) => type === 'workflow-restarted')).toHaveLength(1);
    expect(types.filter((type) => type === 'planned')).toHaveLength(1);
    expect(seqs(timeline)).toEqual(timeline.map((_, index) => index + 1));
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('in the middle of an analysis begins another', async ({ expect }) => {
    const world = createWorld();
    const { enrich } = world.activities;
    let release = (): void => {};
    let analysing = (): void => {};
    const began = new Promise<void>((resolve) => (analysing = resolve));
    let calls = 0;
    Object.assign(world.activities, {
      enrich: async (input: Parameters<typeof enrich>[0]) => {
        calls += 1;
        analysing();
        if (calls === 1) await new Promise<void>((resolve) => (release = resolve));
        return enrich(input);
      },
    });
    const incident = await stage.open(world);
    await began;
    await incident.handle.terminate('by mistake');
    release();
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    const { result } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'resolved', attempts: 2 });
  });

  test('after something was done goes to a person, with what is in place', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [scaleOut], verdict: auto }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { verifyTimeoutMs: 60_000 });
    await world.called('verify');
    await incident.handle.terminate('by mistake');
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    const { result, timeline } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('something was done'),
    });
    expect(timeline.find(({ type }) => type === 'incident-closed')).toMatchObject({
      leftInPlace: ['scale@test/orders'],
    });
    expect(world.executor.ledger).toHaveLength(1);
    expect(world.stores.closedEpisodes).toEqual([incident.id]);
  });

  test('is not acted on when a person stopped it meanwhile', async ({ expect }) => {
    const { world, incident } = await awaiting();
    await incident.handle.terminate('by mistake');
    world.stores.stops.stored = { kind: 'take-over', actor: 'ann', reason: 'mine' };
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    const { result } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'taken-over', actor: 'ann' });
    expect(world.executor.ledger).toEqual([]);
  });

  test.for([
    ['again and again', { restarts: 4 }],
    ['while another incident has its later anomalies', { episodeOpen: false }],
  ] as const)('%s goes to a person', async ([, record], { expect }) => {
    const { incident } = await awaiting();
    await incident.handle.terminate('by mistake');
    const reconciler = reconcilerOf(incident, record);
    await reconciler.look();
    const { result } = await ended(incident);
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('left alone') });
  });
});

describe.concurrent('an open incident', () => {
  test('whose workflow runs is left alone', async ({ expect }) => {
    const { incident } = await awaiting();
    const reconciler = reconcilerOf(incident);
    await reconciler.look();
    expect(reconciler.health()).toMatchObject({ ok: true, detail: 'every open incident has one' });
    await reconciler.stop();
    expect((await incident.state()).status).toBe('awaiting-approval');
    await incident.handle.terminate();
  });

  test('that Temporal has never heard of is started from the record', async ({ expect }) => {
    const { world, incident } = await awaiting();
    await incident.handle.terminate();
    const state = await world.stores.incidents.state(incident.id);
    if (state === null) throw new Error('not recorded');
    // The same record under an id that no workflow ever had: a Temporal whose data is gone.
    const other = createWorld();
    const id = `${incident.id}0`;
    const timeline = await world.stores.incidents.timeline(incident.id);
    await other.stores.incidents.recordEvents(id, timeline, { ...state, incidentId: id });
    other.healthy = true;
    stage.settle(id, other);
    const lost: OpenIncident = { ...incident, id, world: other };
    const reconciler = reconcilerOf(lost);
    await reconciler.look();
    const handle = stage.client.workflow.getHandle(id);
    await handle.signal('anomalyCleared', { anomalyId: 'a1', clearedMs: 3_000 });
    const { result, types } = await ended(lost);
    await reconciler.stop();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).toContain('workflow-restarted');
  });
});
