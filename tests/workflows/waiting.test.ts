/** What takes minutes or days, under a clock that skips: expiry, patience with the gate, second looks. */
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Activities } from '../../activities/types.ts';
import { maxKeptAnomalies } from '../../domain/incident/anomalies.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { longestHistory } from '../../workflows/timings.ts';
import { createWorld } from '../support/fakes.ts';
import { anomaly, approval, auto, rollback } from '../support/incident-examples.ts';
import { describeWithTimeSkipping } from '../support/time-skipping.ts';
import { connectTimeSkippingServer, type SkippingServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

const minuteMs = 60_000;

await describeWithTimeSkipping('an incident that waits', () => {
  let server: SkippingServer;
  let stage: Stage;
  beforeAll(async () => {
    server = await connectTimeSkippingServer();
    stage = await startStage(server);
  });
  afterAll(() => stage.stop());

  test('for an approval nobody gives goes to a person at the deadline, hours later', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval(6 * 3_600) }];
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('nobody decided') });
    const [opened, closed] = [timeline[0], timeline.find(({ type }) => type === 'incident-closed')];
    expect((closed?.atMs ?? 0) - (opened?.atMs ?? 0)).toBeGreaterThanOrEqual(6 * 60 * minuteMs);
    // Every ten minutes, whether nudged or not: a lost nudge delays a decision, it does not lose it.
    expect(world.calls.filter(({ name }) => name === 'readApproval').length).toBeGreaterThan(6 * 6 - 5);
  });

  test('hears of a decision whose nudge was lost', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval(24 * 3_600) }];
    const incident = await stage.open(world);
    await server.passing(world.called('readApproval', 3), minuteMs);
    world.stores.approvals.decide([...world.stores.plans.keys()][0] ?? '', 'approve');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'resolved' });
  });

  const overloaded = 'Sentinel itself is overloaded (event loop 1.2 s behind)';

  test('for Sentinel to catch up concludes nothing meanwhile, and then goes on with the same analysis', async () => {
    const world = createWorld();
    world.overloads = [overloaded];
    const incident = await stage.open(world);
    await server.passing(world.called('enrich', 3));
    expect((await incident.state()).status).toBe('enriching');
    world.overloads = [];
    const { result, timeline, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types.filter((type) => type === 'enrichment-started')).toHaveLength(1);
    expect(timeline.find(({ type }) => type === 'enriched')).toMatchObject({ attempt: 1, missing: [] });
    expect(world.calls.filter(({ name }) => name === 'makePlan')).toHaveLength(1);
  });

  test('for Sentinel to catch up hears that the symptom has gone by itself', async () => {
    const world = createWorld();
    world.overloads = [overloaded];
    const incident = await stage.open(world);
    await server.passing(world.called('enrich', 2));
    world.healthy = true;
    await incident.clear('a1');
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'self-recovered' });
    expect(types).not.toContain('enriched');
    expect(world.executor.ledger).toEqual([]);
  });

  test('for a Sentinel that never catches up is explained after three minutes, with what is missing', async () => {
    const world = createWorld();
    world.overloads = [overloaded];
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    const at = (type: IncidentEvent['type']): number =>
      timeline.find((event) => event.type === type)?.atMs ?? 0;
    expect(at('enriched') - at('enrichment-started')).toBeGreaterThanOrEqual(3 * minuteMs);
    expect(timeline.find(({ type }) => type === 'enriched')).toMatchObject({ missing: [overloaded] });
  });

  test.for([
    { says: 'the plan and the answers', slowMs: 60 * minuteMs, planned: 8 * minuteMs, outcome: 'resolved' },
    { says: 'only the answers', slowMs: 60 * minuteMs, planned: undefined, outcome: 'resolved' },
    { says: 'both, but not within the limit', slowMs: 5 * minuteMs, planned: 8 * minuteMs, outcome: 'held' },
  ])('for slow telemetry as long as $says tell', async ({ slowMs, planned, outcome }) => {
    const usual = createWorld();
    const answerTakesMs = 8 * minuteMs;
    const makePlan: Activities['makePlan'] = async (input) => {
      const made = await usual.activities.makePlan(input);
      return made.kind === 'plan' && planned !== undefined ? { ...made, answerTakesMs: planned } : made;
    };
    // A look every minute: the ninth is the first that can tell.
    let looks = 0;
    const verify: Activities['verify'] = async (input) => {
      if (input.effectAtMs !== null) looks += 1;
      const isKnown = looks >= 9;
      const answer = await usual.activities.verify(input);
      return { ...answer, outcome: isKnown ? 'recovered' : 'unverified', settled: isKnown, answerTakesMs };
    };
    usual.script = [{ steps: [rollback], verdict: auto }];
    const world = { ...usual, activities: { ...usual.activities, makePlan, verify } };
    const incident = await stage.open(world, {
      verifyIntervalMs: minuteMs,
      verifyTimeoutMs: minuteMs,
      slowVerifyTimeoutMs: slowMs,
      holdMs: minuteMs,
    });
    const { timeline, types } = await incident.ended();
    expect(types.includes('verification-held')).toBe(outcome === 'held');
    expect(types.includes('incident-closed')).toBe(true);
    const started = timeline.find(({ type }) => type === 'verification-started');
    if (started?.type !== 'verification-started') throw new Error('no verification');
    const named = Math.max(minuteMs, Math.min(slowMs, (planned ?? 0) * 1.25));
    expect(started.deadlineMs - started.atMs).toBe(named);
    const planning = timeline.find(({ type }) => type === 'planned');
    expect(planning).toMatchObject(planned === undefined ? {} : { answerTakesMs: planned });
  });

  test('does not take an old plan on trust: the symptom went away without anybody saying so', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval(24 * 3_600) }];
    const incident = await stage.open(world);
    await server.passing(world.called('readApproval', 3), minuteMs);
    world.healthy = true;
    world.stores.approvals.decide([...world.stores.plans.keys()][0] ?? '', 'approve');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'self-recovered' });
    expect(world.executor.ledger).toEqual([]);
  });

  test.for(['target-leased', 'rate-limited', 'kill-switch'] as const)(
    'out a gate that refuses with %s and then lets it pass',
    async (reason) => {
      const world = createWorld();
      world.stores.gate.refusals.push(reason, reason, reason);
      const { result, types } = await (await stage.open(world)).ended();
      expect(result).toMatchObject({ outcome: 'resolved' });
      expect(types.filter((type) => type === 'gate-refused')).toHaveLength(1);
    },
  );

  test('gives up on a kill switch after a quarter of an hour, and tells a person', async () => {
    const world = createWorld();
    world.stores.gate.killSwitch = true;
    const { result, timeline } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('kill-switch') });
    const refused = timeline.find(({ type }) => type === 'gate-refused');
    const closed = timeline.find(({ type }) => type === 'incident-closed');
    expect((closed?.atMs ?? 0) - (refused?.atMs ?? 0)).toBeGreaterThanOrEqual(15 * minuteMs);
    expect(world.executor.ledger).toEqual([]);
  });

  test('for the gate while the kill switch is set between gate and call sends nothing', async () => {
    const world = createWorld();
    const { mark } = world.stores.gate;
    let switched = false;
    world.stores.gate.mark = async (intentId, status, result) => {
      if (status === 'sent' && !switched) {
        switched = true;
        throw Object.assign(new Error('engaged meanwhile'), { name: 'EffectBlocked', reason: 'kill-switch' });
      }
      return mark(intentId, status, result);
    };
    const { result, types } = await (await stage.open(world)).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(types).toContain('gate-refused');
    expect(world.executor.ledger).toHaveLength(1);
  });

  test('does not act on a symptom that has cleared while nobody can tell', async () => {
    const world = createWorld();
    world.unhealthyAnswer = 'unverified';
    world.script = [{ steps: [rollback], verdict: auto }];
    const incident = await stage.open(world, { settleMs: minuteMs });
    await incident.clear('a1');
    expect((await incident.ended()).result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell'),
    });
    expect(world.executor.ledger).toEqual([]);
  });

  test.for([
    {
      while: 'before it acts',
      script: { steps: [rollback], verdict: auto },
      rounds: 8,
      outcome: 'self-recovered',
    },
    {
      while: 'when it watches',
      script: { nothing: 'it passes', harmless: true },
      rounds: 8,
      outcome: 'self-recovered',
    },
    {
      while: 'but not for ever',
      script: { steps: [rollback], verdict: auto },
      rounds: 80,
      outcome: 'escalated',
    },
  ] as const)(
    'for slow telemetry to tell that what has cleared is over, $while',
    async ({ script, rounds, outcome }) => {
      const usual = createWorld();
      usual.script = [script];
      // Every round of looks is recorded before the next.
      const looked = new Set<number>();
      const verify: Activities['verify'] = async (input) => {
        looked.add(input.recordedSeq);
        const isKnown = looked.size >= rounds;
        const answer = await usual.activities.verify(input);
        const answerTakesMs = 9 * minuteMs;
        return { ...answer, outcome: isKnown ? 'recovered' : 'unverified', settled: isKnown, answerTakesMs };
      };
      const world = { ...usual, activities: { ...usual.activities, verify } };
      const slow = { slowVerifyTimeoutMs: 60 * minuteMs, verifyTimeoutMs: minuteMs, watchMs: minuteMs };
      const incident = await stage.open(world, { settleMs: minuteMs, ...slow });
      await incident.clear('a1');
      expect((await incident.ended()).result).toMatchObject({ outcome });
      expect(world.executor.ledger).toEqual([]);
    },
  );

  test('looks again later when a recovery could not be told at first', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval(24 * 3_600) }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world);
    await server.passing(world.called('readApproval'));
    await incident.clear('a1');
    await server.passing(world.called('verify', 4));
    world.healthy = true;
    expect((await incident.ended()).result).toMatchObject({ outcome: 'self-recovered' });
  });

  test('out the whole watch when only a hint of the symptom clears', async () => {
    const world = createWorld();
    world.script = [{ nothing: 'leave it alone', harmless: true }];
    const incident = await stage.open(world, { watchMs: 60 * minuteMs, settleMs: minuteMs });
    await incident.observe(anomaly('a2', { signal: 'cpu', severity: 'info' }));
    await incident.clear('a2');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
  });

  test('for alerts beyond those that it keeps: a storm is not over while the store knows of one that fires', async () => {
    const world = createWorld();
    world.script = [{ nothing: 'nothing measured explains it', harmless: false }];
    world.stores.firing.alerts = 937;
    const incident = await stage.open(world, { staysAwayMs: minuteMs });
    await incident.until(({ status }) => status === 'handed-over');
    await incident.clear('a1');
    await server.passing(world.called('firingAlerts', 3));
    world.stores.firing.alerts = 0;
    expect((await incident.ended()).result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('cleared'),
    });
    expect(world.calls.filter(({ name }) => name === 'firingAlerts').length).toBeGreaterThanOrEqual(4);
  });

  test('half a day for samples has a history that stays short, whatever it knows', async () => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: auto }];
    world.fixedBy = [];
    world.unhealthyAnswer = 'unverified';
    const halfDayMs = 12 * 60 * minuteMs;
    const incident = await stage.open(world, {
      settleMs: minuteMs,
      verifyIntervalMs: 2 * minuteMs,
      verifyTimeoutMs: halfDayMs,
      holdMs: minuteMs,
    });
    for (let index = 1; index < maxKeptAnomalies; index += 1)
      await incident.observe(anomaly(`more-${index}`));
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({
      outcome: 'escalated',
      reason: expect.stringContaining('nobody can tell'),
    });
    const at = (type: IncidentEvent['type']): number =>
      timeline.find((event) => event.type === type)?.atMs ?? 0;
    expect(at('incident-closed') - at('verification-started')).toBeGreaterThanOrEqual(halfDayMs);
    expect(world.executor.ledger.map(({ direction }) => direction)).toEqual(['forward']);
    expect(world.calls.filter(({ name }) => name === 'verify').length).toBeGreaterThan(250);
    const runs = await historiesOf(stage.client, incident.id, incident.handle.signaledRunId ?? '');
    expect(runs.length).toBeGreaterThan(1);
    for (const { events, bytes } of runs) {
      expect(events).toBeLessThan(longestHistory.events + 200);
      expect(bytes).toBeLessThan(4_000_000);
    }
  }, 600_000);

  test('for a symptom to go by itself goes on with the same watch when it continues as new', async () => {
    const world = createWorld();
    world.script = [{ nothing: 'leave it alone', harmless: true }];
    world.unhealthyAnswer = 'unverified';
    const incident = await stage.open(world, { watchMs: 20 * minuteMs, continueAsNewAfterEvents: 60 });
    await incident.until(({ status }) => status === 'deciding');
    await incident.clear('a1'); // from here on it is looked at again and again
    const { result, types } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('leave it alone') });
    expect(types.filter((type) => type === 'enrichment-started')).toHaveLength(1);
    const runs = await historiesOf(stage.client, incident.id, incident.handle.signaledRunId ?? '');
    expect(runs.length).toBeGreaterThan(2);
  }, 600_000);
});

/** Every run of a workflow, from the first on: how many events its history has, and how large it is as text. */
async function historiesOf(
  client: Client,
  workflowId: string,
  firstRunId: string,
): Promise<readonly { readonly events: number; readonly bytes: number }[]> {
  const runs: { events: number; bytes: number }[] = [];
  for (let runId: string | null | undefined = firstRunId; runId; ) {
    const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push({ events: events?.length ?? 0, bytes: JSON.stringify(events).length });
    runId = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return runs;
}
