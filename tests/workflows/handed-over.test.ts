/** What a person has in hand: open until it stays away or is closed, told once, and never in the way of what is new. */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { momentOf } from '../../domain/incident/moments.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, rollback } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, type Stage, startStage } from './stage.ts';

const stays = { staysAwayMs: 200, flappingStaysAwayMs: 400 };
const ann = { actor: 'ann', reason: 'known, and harmless' };

function nothingToTry(): World {
  const world = createWorld();
  world.script = [{ nothing: 'nothing measured explains it', harmless: false }];
  return world;
}

const inHand = ({ status }: { status: string }): boolean => status === 'handed-over';
const alert = (occurrence: number) =>
  anomaly(`alert-${occurrence}`, { detector: 'external', signal: 'reported', seriesKey: 'alert|one' });
const count = (types: readonly string[], type: string): number => types.filter((one) => one === type).length;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

async function handedOver(settings: Partial<messages.IncidentSettings> = stays): Promise<OpenIncident> {
  const incident = await stage.open(nothingToTry(), settings);
  await incident.until(inHand);
  return incident;
}

describe.concurrent('an incident that was handed to a person', () => {
  test('stays open while it fires, and is over when it has stayed away; its end is recorded', async ({
    expect,
  }) => {
    const incident = await handedOver();
    expect(await incident.state()).toMatchObject({ outcome: 'escalated', closedAtMs: null });
    expect(incident.world.stores.closedEpisodes).toEqual([]);
    await incident.clear('a1');
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', reason: expect.stringContaining('has cleared') });
    expect(timeline.map(({ type }) => type).slice(-4)).toEqual([
      'handed-over',
      'anomaly-cleared',
      'incident-closed',
      'postmortem-drafted',
    ]);
    expect(timeline.at(-2)).toMatchObject({ end: 'cleared' });
    expect(timeline.map(momentOf).filter((moment) => moment !== null)).toEqual([
      'opened',
      'escalated',
      'closed',
    ]);
    expect(incident.world.stores.closedEpisodes).toEqual([incident.id]);
  });

  test('that comes and goes is one incident, handed over once, which says how often', async ({ expect }) => {
    const incident = await stage.open(nothingToTry(), { ...stays, flappingStaysAwayMs: 1_000 });
    await incident.clear('a1');
    await incident.until(({ anomalies }) => anomalies.a1?.state === 'cleared');
    for (let occurrence = 1; occurrence <= 3; occurrence += 1) {
      await incident.observe(alert(occurrence));
      await incident.until(({ anomalies }) => anomalies[`alert-${occurrence}`]?.state === 'firing');
      await incident.clear(`alert-${occurrence}`);
    }
    const { result, types, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: expect.stringMatching(/^(escalated|self-recovered)$/) });
    expect(count(types, 'handed-over')).toBeLessThanOrEqual(1);
    expect(count(types, 'incident-closed')).toBe(1);
    const observed = timeline.flatMap((event) => (event.type === 'anomaly-observed' ? [event.returns] : []));
    expect(observed).toEqual([undefined, 1, 2, 3]);
    expect(timeline.filter((event) => momentOf(event) === 'escalated').length).toBe(
      count(types, 'handed-over'),
    );
  });

  test('that comes back before it has stayed away is still open', async ({ expect }) => {
    const incident = await handedOver({ staysAwayMs: 60_000 });
    await incident.clear('a1');
    await incident.observe(alert(1));
    await incident.until(({ returns }) => returns === 1);
    expect(await incident.state()).toMatchObject({ status: 'handed-over' });
    await incident.handle.executeUpdate(messages.closeIncident, { args: [ann] });
    await incident.ended();
  });

  test('is closed by a person, although it fires', async ({ expect }) => {
    const incident = await handedOver();
    await incident.handle.executeUpdate(messages.closeIncident, { args: [ann] });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'escalated', ...ann });
    expect(timeline.at(-2)).toMatchObject({ type: 'incident-closed', end: 'closed-by-person', ...ann });
  });

  test('cannot be closed while Sentinel works on it', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world, stays);
    await incident.until(({ status }) => status === 'awaiting-approval');
    const closing = incident.handle.executeUpdate(messages.closeIncident, { args: [ann] });
    await expect(closing).rejects.toMatchObject({ cause: { message: /^not-handed-over/ } });
    await incident.handle.executeUpdate(messages.abort, { args: [ann] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'aborted' });
  });

  test('is taken over by somebody, and stays open until it is over', async ({ expect }) => {
    const incident = await handedOver();
    await incident.handle.executeUpdate(messages.takeOver, { args: [ann] });
    expect(await incident.state()).toMatchObject({ status: 'handed-over', outcome: 'taken-over' });
    await incident.clear('a1');
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'taken-over' });
    expect(timeline.at(-2)).toMatchObject({ type: 'incident-closed', end: 'cleared' });
  });

  test('is not ended by an abort that comes after somebody has taken over; whoever asked reads what ends it', async ({
    expect,
  }) => {
    const incident = await handedOver();
    await incident.handle.executeUpdate(messages.takeOver, { args: [ann] });
    const late = incident.handle.executeUpdate(messages.abort, { args: [{ actor: 'bob', reason: 'stop' }] });
    await expect(late).rejects.toMatchObject({ cause: { message: /^handed-over: .*close it/ } });
    expect(await incident.state()).toMatchObject({ status: 'handed-over', outcome: 'taken-over' });
    await incident.handle.executeUpdate(messages.closeIncident, { args: [ann] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
  });

  test('taken over while Sentinel worked on it, it is open as well', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: approval() }];
    const incident = await stage.open(world, stays);
    await incident.until(({ status }) => status === 'awaiting-approval');
    await incident.handle.executeUpdate(messages.takeOver, { args: [ann] });
    await incident.until(inHand);
    await incident.handle.executeUpdate(messages.closeIncident, { args: [ann] });
    expect((await incident.ended()).result).toMatchObject({ outcome: 'taken-over' });
    expect(world.executor.ledger).toEqual([]);
  });

  test('takes in further alerts, and gives what is measured anew back to correlation', async ({ expect }) => {
    const incident = await handedOver();
    await incident.observe(alert(1));
    await incident.observe(anomaly('new', { signal: 'latency' }));
    await incident.world.called('returnAnomalies');
    const { anomalies } = await incident.state();
    expect(Object.keys(anomalies)).toEqual(['a1', 'alert-1']);
    expect(incident.world.stores.requeue.returned.map(({ id }) => id)).toEqual(['new']);
    await incident.clear('a1');
    await incident.clear('alert-1');
    expect((await incident.ended()).result).toMatchObject({ outcome: 'escalated' });
  });

  test('survives its worker, and a history that has grown too long', async ({ expect }) => {
    const incident = await handedOver({ staysAwayMs: 60_000, continueAsNewAfterEvents: 80 });
    const first = (await stage.client.workflow.getHandle(incident.id).describe()).runId;
    for (let occurrence = 1; occurrence <= 12; occurrence += 1) {
      await incident.observe(alert(occurrence));
      await incident.until(({ anomalies }) => anomalies[`alert-${occurrence}`] !== undefined);
      await incident.clear(`alert-${occurrence}`);
    }
    const latest = stage.client.workflow.getHandle(incident.id);
    while ((await latest.describe()).runId === first) await setTimeout(50);
    await latest.executeUpdate(messages.closeIncident, { args: [ann] });
    await latest.result();
    const timeline = await incident.world.stores.incidents.timeline(incident.id);
    expect(timeline.map(({ seq }) => seq)).toEqual(timeline.map((_event, index) => index + 1));
    expect(
      count(
        timeline.map(({ type }) => type),
        'handed-over',
      ),
    ).toBe(1);
  });
});
