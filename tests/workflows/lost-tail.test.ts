/** After a fail-over that lost an incident's newest events, the record is whole again, or says what is missing; nothing is stuck. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { finalFailure } from '../../activities/failures.ts';
import type { VerifyInput } from '../../activities/types.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import { fold } from '../../domain/incident/evolve.ts';
import * as messages from '../../workflows/messages.ts';
import { createWorld, type World } from '../support/fakes.ts';
import { anomaly, approval, auto, rollback } from '../support/incident-examples.ts';
import { connectServer } from './servers.ts';
import { type OpenIncident, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

const seqs = (timeline: readonly IncidentEvent[]): readonly number[] => timeline.map(({ seq }) => seq);
const upTo = (last: number): readonly number[] => Array.from({ length: last }, (_, index) => index + 1);

async function awaiting(): Promise<{ world: World; incident: OpenIncident }> {
  const world = createWorld();
  world.script = [{ steps: [rollback], verdict: approval() }];
  const incident = await stage.open(world);
  await world.called('readApproval');
  return { world, incident };
}

async function approve({ world, incident }: Awaited<ReturnType<typeof awaiting>>): Promise<void> {
  const [planHash = ''] = world.stores.plans.keys();
  world.stores.approvals.decide(planHash, 'approve');
  await incident.handle.signal(messages.approvalDecided, {
    ...{ approvalId: 'ap-1', planHash, actor: 'ada', decision: 'approve', reason: '' },
  });
}

describe.concurrent('a store that lost the tail of an incident', () => {
  test.for([5, 1, 0])('(all after event %i) has it again with the next event', async (kept, { expect }) => {
    const { world, incident } = await awaiting();
    world.stores.incidents.loseTail(incident.id, kept);
    await approve({ world, incident });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(seqs(timeline)).toEqual(upTo(timeline.length));
    expect(fold(timeline, incident.id)).toEqual(await incident.state());
  });

  test('further back than anybody remembers says what is missing, and goes on', async ({ expect }) => {
    const { world, incident } = await awaiting();
    for (let index = 1; index <= 120; index += 1)
      await incident.observe(anomaly(`more-${index}`, { severity: 'info' }));
    await incident.until((state) => state.anomaliesSeen >= 121);
    world.stores.incidents.loseTail(incident.id, 3);
    await approve({ world, incident });
    const { result, timeline } = await incident.ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    const gap = timeline.find((event) => event.type === 'record-gap');
    if (gap?.type !== 'record-gap') throw new Error('no gap is told');
    expect(gap.afterSeq).toBe(3);
    expect(seqs(timeline)).toEqual([...upTo(3), ...upTo(timeline.at(-1)?.seq ?? 0).slice(gap.throughSeq)]);
    const stored = await world.stores.incidents.state(incident.id);
    expect(stored).toEqual(await incident.state());
  });

  test('while it is verified is noticed by the look itself', async ({ expect }) => {
    const world = createWorld();
    world.script = [{ steps: [rollback], verdict: auto }];
    const { verify } = world.activities;
    let looks = 0;
    Object.assign(world.activities, {
      async verify(input: VerifyInput) {
        looks += 1;
        if (looks === 1) world.stores.incidents.loseTail(input.incidentId, 4);
        const stored = await world.stores.incidents.state(input.incidentId);
        if ((stored?.lastSeq ?? 0) < input.recordedSeq) throw finalFailure('RecordBehind', 'behind');
        return verify(input);
      },
    });
    const { result, timeline } = await (await stage.open(world, { verifyTimeoutMs: 30_000 })).ended();
    expect(result).toMatchObject({ outcome: 'resolved' });
    expect(seqs(timeline)).toEqual(upTo(timeline.length));
  });
});
