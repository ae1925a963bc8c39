// One Sentinel process is killed with SIGKILL at two named points of an incident, and started again on the same data. Each
// time the incident goes on; it ends resolved, every effect is in the supervisor's ledger exactly once, and what was
// acknowledged is there.

import { describe, type ExpectStatic, test } from 'vitest';
import type { FaultRequest } from '../../lab/supervisor/fault-kinds.ts';
import { aftermath, alertsHeard, type KillStage, startKillStage } from './support/kill-stage.ts';
import { eventually } from './support/wait.ts';

const errorBurst: FaultRequest = { kind: 'error-burst', service: 'payments', with: { errorRate: 0.6 } };
const badRelease: FaultRequest = { kind: 'bad-release', service: 'payments', with: { errorRate: 0.5 } };

async function expectFixedOnce(expect: ExpectStatic, stage: KillStage, effect: string) {
  const after = await aftermath(stage);
  expect(after.incidents).toHaveLength(1);
  expect(after.incident).toMatchObject({ status: 'closed', outcome: 'resolved' });
  expect(after.done).toEqual([effect]);
  expect(after.ledgerIntents).toEqual(after.appliedIntents);
  expect(after.timeline.map(({ seq }) => seq)).toEqual(after.timeline.map((_, index) => index + 1));
  await alertsHeard(stage);
  return after;
}

describe.concurrent('killed with SIGKILL', () => {
  test('after ingest, with nothing thought or done; then during diagnosis, reading what it will think about', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { supervisor } = stage;
    supervisor.hold((line) => line.startsWith('GET /v1/services'));
    const { id } = await stage.incident();
    await stage.kill();
    await stage.start();
    await stage.when('evidence to be gathered', ({ type }) => type === 'enrichment-started');
    await stage.kill();
    supervisor.release();
    await stage.start();
    const { incident, timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context.expect(incident.id).toBe(id);
    context.expect(timeline.filter(({ type }) => type === 'diagnosed')).toHaveLength(1);
  });

  test('while waiting for approval: the same plan still waits, and its approval counts; then during verification: nothing is done again, and it is verified', async (context) => {
    const stage = await startKillStage(context, badRelease);
    const { operator } = stage;
    const waiting = async () => (await operator.pendingApprovals())[0] ?? null;
    const before = await eventually('a request for approval', waiting, 90_000);
    await stage.kill();
    await stage.start();
    const pending = await eventually('the request', waiting);
    context.expect(pending).toEqual(before);
    const otherPlan = { ...pending, planHash: 'f'.repeat(64) };
    context.expect(await operator.decide(otherPlan, 'approve', 'a plan nobody made')).toBe(false);
    context.expect(await operator.decide(pending, 'approve', 'it is the release')).toBe(true);
    await stage.when('the verification', ({ type }) => type === 'verification-started');
    context.expect(await stage.status()).toBe('verifying');
    await stage.kill();
    await stage.start();
    const { timeline } = await expectFixedOnce(context.expect, stage, 'rollback-release payments');
    context.expect(timeline.filter(({ type }) => type === 'verified').at(-1)).toMatchObject({
      result: { outcome: 'recovered' },
    });
  });

  test('after the intent, before its effect: it is not done by that call any more; then after the effect, before its answer: it is found by looking', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { shop, supervisor } = stage;
    stage.holdBack('before-effect');
    await stage.heldBack();
    context.expect(shop.ledger).toEqual([]);
    await stage.kill();
    const before = supervisor.lines.length;
    stage.holdBack('after-effect'); // of the next call
    await stage.start();
    await stage.heldBack(2);
    const closing = /^POST \/v1\/actions\/[^/]+\/close/;
    context.expect(supervisor.lines.slice(before).some((line) => closing.test(line))).toBe(true);
    context.expect(shop.ledger).toHaveLength(1);
    await stage.kill();
    stage.letGo(); // the first call arrives as well
    await stage.start();
    const { timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context
      .expect(timeline.find(({ type }) => type === 'effect-applied'))
      .toMatchObject({ foundByLookup: true });
  });
});
