/** An anomaly that arrives while an incident is about to end is looked at, or goes back to correlation; never closed away. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import type { VerifyInput } from '../../activities/types.ts';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, deny, rollback } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const other = (fields: Partial<Anomaly> = {}): Anomaly =>
  anomaly('meanwhile', { seriesKey: 'series/other', signal: 'latency', ...fields });

/** During the first call of the activity, detection finds `found`. */
function findDuring(
  world: World,
  name: 'verify' | 'evaluatePolicy' | 'makePlan',
  found: Anomaly,
): { incident: OpenIncident | null } {
  const open: { incident: OpenIncident | null } = { incident: null };
  const usual = world.activities[name] as (input: never) => Promise<unknown>;
  let calls = 0;
  Object.assign(world.activities, {
    [name]: async (input: never) => {
      calls += 1;
      const answer = await usual(input);
      if (calls === 1) {
        await open.incident?.observe(found);
        await open.incident?.until((state) => state.anomalies[found.id] !== undefined);
      }
      return answer;
    },
  });
  return open;
}

const returned = (world: World): readonly string[] => world.stores.requeue.returned.map(({ id }) => id);

describe.concurrent('an anomaly that arrives during the last look', () => {
  test('makes another one, which is about it', async ({ expect }) => {
    const world = createWorld();
    const open = findDuring(world, 'verify', other());
    const incident = await stage.open(world);
    open.incident = incident;
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    const looks = world.calls
      .filter(({ name }) => name === 'verify')
      .map(({ input }) => input as VerifyInput);
    const seen = timeline.find(
      (event) => event.type === 'anomaly-observed' && event.anomaly.id === 'meanwhile',
    );
    expect(looks).toHaveLength(2);
    expect(looks[1]?.recordedSeq).toBeGreaterThanOrEqual(seen?.seq ?? Number.NaN);
    expect(returned(world)).toEqual([]);
  });

  test('and clears at once makes none, and is not returned', async ({ expect }) => {
    const world = createWorld();
    const usual = world.activities.verify;
    let incident: OpenIncident | null = null;
    Object.assign(world.activities, {
      verify: async (input: VerifyInput) => {
        await incident?.observe(other());
        await incident?.clear('meanwhile');
        await incident?.until((state) => state.anomalies.meanwhile?.state === 'cleared');
        return usual(input);
      },
    });
    incident = await stage.open(world);
    expect((await incident.ended()).result).toMatchObject({ outcome: 'resolved' });
    expect(world.calls.filter(({ name }) => name === 'verify')).toHaveLength(1);
    expect(returned(world)).toEqual([]);
  });

  test('of information alone holds nothing up, and goes back to correlation', async ({ expect }) => {
    const world = createWorld();
    const open = findDuring(world, 'verify', other({ signal: 'cpu', severity: 'info' }));
    const incident = await stage.open(world);
    open.incident = incident;
    expect((await incident.ended()).result).toMatchObject({ outcome: 'resolved' });
    expect(world.calls.filter(({ name }) => name === 'verify')).toHaveLength(1);
    expect(returned(world)).toEqual(['meanwhile']);
  });

  test('of a symptom that went by itself keeps the incident open until it was looked at', async ({
    expect,
  }) => {
    const world = createWorld();
    const open = findDuring(world, 'verify', other());
    const incident = await stage.open(world, { settleMs: 500 });
    open.incident = incident;
    world.healthy = true;
    await incident.clear('a1');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'self-recovered' });
    expect(world.calls.filter(({ name }) => name === 'verify').length).toBeGreaterThanOrEqual(2);
    expect(returned(world)).toEqual([]);
  });
});

describe.concurrent('an anomaly that nobody has looked at when the incident ends', () => {
  test('as escalated goes back to correlation', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: deny }];
    const open = findDuring(world, 'evaluatePolicy', other());
    const incident = await stage.open(world);
    open.incident = incident;
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
    expect(returned(world)).toEqual(['meanwhile']);
  });

  test('as escalated because the analysis broke is not what the analysis was asked about', async ({
    expect,
  }) => {
    const world = createWorld();
    world.broken.add('enrich');
    expect((await (await stage.open(world)).ended()).result).toMatchObject({ outcome: 'escalated' });
    expect(returned(world)).toEqual([]);
  });

  test.for(['takeOver', 'abort'] as const)(
    'by %s was seen by the person who ended it; a later one goes back',
    async (how, { expect }) => {
      const world = createWorld();
      world.script = [{ steps: [rollback], verdict: auto }];
      let release = (): void => {};
      world.executor.hold = new Promise((resolve) => (release = resolve));
      const incident = await stage.open(world);
      await world.called('execute');
      await incident.observe(anomaly('seen'));
      await incident.until((state) => state.anomalies.seen !== undefined);
      await incident.handle.executeUpdate(how === 'takeOver' ? messages.takeOver : messages.abort, {
        args: [{ actor: 'ann', reason: 'mine' }],
      });
      await incident.observe(other());
      await incident.until((state) => state.anomalies.meanwhile !== undefined);
      release();
      await incident.ended();
      expect(returned(world)).toEqual(['meanwhile']);
    },
  );

  test('by a rejection was seen by whoever rejected', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world);
    const { approval: asked } = await incident.until(({ status }) => status === 'awaiting-approval');
    await incident.observe(other());
    await incident.until((state) => state.anomalies.meanwhile !== undefined);
    const planHash = asked?.planHash ?? '';
    world.stores.approvals.decide(planHash, 'reject');
    await incident.handle.signal(messages.approvalDecided, {
      ...{ approvalId: 'ap-1', planHash, actor: 'ada', decision: 'reject', reason: 'no' },
    });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
    expect(returned(world)).toEqual([]);
  });
});
