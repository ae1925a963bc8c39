/** What a look has seen of a plan's targets is what the next one compares with; it is nothing of the record. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Verified, VerifyInput } from '../../activities/types.ts';
import { createWorld } from '../support/fakes.ts';
import { connectServer } from './servers.ts';
import { type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage(await connectServer());
});
afterAll(() => stage.stop());

test('a look is told what the one before has seen, and which plan it is about', async () => {
  const world = createWorld();
  const usual = world.activities.verify;
  const looks: VerifyInput[] = [];
  Object.assign(world.activities, {
    verify: async (input: VerifyInput): Promise<Verified> => {
      const answer = await usual(input);
      if (input.effectAtMs === null) return answer;
      looks.push(input);
      const inPlace = { facts: `as seen by look ${looks.length}`, sinceMs: looks.length };
      if (looks.length > 2) return { ...answer, inPlace };
      return { ...answer, outcome: 'unverified', settled: false, reason: 'not yet', inPlace };
    },
  });
  const incident = await stage.open(world, { verifyTimeoutMs: 60_000 });
  const { result, timeline } = await incident.ended();
  expect(result).toMatchObject({ outcome: 'resolved' });
  const planned = timeline.flatMap((event) => (event.type === 'planned' ? [event.hashedPlan.planHash] : []));
  expect(planned).toHaveLength(1);
  expect(looks.map(({ planHash }) => planHash)).toEqual([...planned, ...planned, ...planned]);
  expect(looks.map(({ inPlace }) => inPlace?.facts)).toEqual([
    ...[undefined, 'as seen by look 1', 'as seen by look 2'],
  ]);
  const verified = timeline.filter((event) => event.type === 'verified');
  expect(verified.length).toBeGreaterThan(0);
  expect(JSON.stringify(verified)).not.toContain('inPlace');
});
