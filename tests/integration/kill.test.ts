// One Sentinel process is killed with SIGKILL at a named point of an incident and started again on the same data. Each
// time the incident goes on and ends resolved, every effect is in the supervisor's ledger exactly once, and what was
// acknowledged is there.

import { describe, type ExpectStatic, test } from 'vitest';
import type { FaultRequest } from '../../lab/supervisor/fault-kinds.ts';
import { aftermath, type KillStage, startKillStage } from './support/kill-stage.ts';
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
  expect(after.alertHeard).toBe(1);
  return after;
}

describe.concurrent('killed with SIGKILL', () => {
  test('after ingest: its first symptom is acknowledged, nothing has been thought or done', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { id } = await stage.incident();
    await stage.kill();
    await stage.start();
    const { incident } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context.expect(incident.id).toBe(id);
  });

  test('during diagnosis: it is reading what it will think about', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { supervisor } = stage;
    supervisor.hold((line) => line.startsWith('GET /v1/services'));
    await stage.when('evidence to be gathered', ({ type }) => type === 'enrichment-started');
    await stage.kill();
    supervisor.release();
    await stage.start();
    const { timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context.expect(timeline.filter(({ type }) => type === 'diagnosed')).toHaveLength(1);
  });

  test('while waiting for approval: the same plan still waits, and its approval counts', async (context) => {
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
    await expectFixedOnce(context.expect, stage, 'rollback-release payments');
  });

  test('after the intent: the call is out, the effect is not done yet, and is not done by that call any more', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { shop, supervisor } = stage;
    stage.holdBack('before-effect');
    await stage.heldBack();
    context.expect(shop.ledger).toEqual([]);
    await stage.kill();
    const before = supervisor.lines.length;
    await stage.start();
    const closing = /^POST \/v1\/actions\/[^/]+\/close/;
    await eventually('the call to be closed', () =>
      supervisor.lines.slice(before).some((line) => closing.test(line)),
    );
    stage.letGo(); // the first call arrives in the middle of the second
    const { timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context
      .expect(timeline.find(({ type }) => type === 'effect-applied'))
      .toMatchObject({ foundByLookup: false });
  });

  test('after the effect, before its answer: it is found by looking, not done again', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    const { shop } = stage;
    stage.holdBack('after-effect');
    await stage.heldBack();
    context.expect(shop.ledger).toHaveLength(1);
    await stage.kill();
    stage.letGo();
    await stage.start();
    const { timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context
      .expect(timeline.find(({ type }) => type === 'effect-applied'))
      .toMatchObject({ foundByLookup: true });
  });

  test('during verification: what was done is not done again, and is verified', async (context) => {
    const stage = await startKillStage(context, errorBurst);
    await stage.when('the verification', ({ type }) => type === 'verification-started');
    context.expect(await stage.status()).toBe('verifying');
    await stage.kill();
    await stage.start();
    const { timeline } = await expectFixedOnce(context.expect, stage, 'restart payments');
    context.expect(timeline.filter(({ type }) => type === 'verified').at(-1)).toMatchObject({
      result: { outcome: 'recovered' },
    });
  });
});
