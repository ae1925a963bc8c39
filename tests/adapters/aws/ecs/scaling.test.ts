/** Whose the count of an ECS service is: what Application Auto Scaling would take back is refused, with the reason. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import { checkEcs } from '../../../../adapters/aws/ecs/doctor.ts';
import type { EcsSettings } from '../../../../adapters/aws/ecs/settings.ts';
import { environment, executorOf, grant, intentFor, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { base, type FakeAws, startFakeAws } from '../../../support/aws/fake-aws.ts';

let aws: FakeAws;
let settings: EcsSettings;
let executor: Executor;
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  settings = settingsOf(aws.url);
  grant(aws, settings);
  executor = executorOf(settings);
  aws.ecs.add('orders');
});
afterEach(() => aws.reset());
afterAll(() => aws.close());

const sent = () => aws.calls.filter(({ action }) => action === 'ecs:UpdateService').length;
const owner = async () => (await executor.observe(environment))[0]?.owner;

async function scaled(replicas: number) {
  const { intent, call } = await intentFor(executor, 'scale', { replicas });
  return { preview: await executor.preview(intent), begun: await executor.begin(intent, call) };
}

async function expectOwned(replicas: number, words: string): Promise<void> {
  const { preview, begun } = await scaled(replicas);
  expect(preview).toMatchObject({ ok: false, code: 'owned', detail: expect.stringContaining(words) });
  expect(begun).toMatchObject({ kind: 'refused', code: 'owned', reason: expect.stringContaining(words) });
  expect(sent()).toBe(0);
}

describe('a count', () => {
  it('that nobody else sets is anybody’s', async () => {
    expect(await owner()).toBeUndefined();
    expect((await scaled(4)).begun).toMatchObject({ kind: 'accepted' });
  });

  it('keeps to the limits, also where nothing sets it by itself', async () => {
    aws.scaling.targets.set('orders', { MinCapacity: 2, MaxCapacity: 5 });
    expect(await owner()).toMatchObject({ name: 'application-auto-scaling', reverts: [] });
    await expectOwned(6, '6 is outside');
    await expectOwned(1, 'between 2 and 5');
    expect((await scaled(5)).begun).toMatchObject({ kind: 'accepted' });
  });

  it.each(['TargetTrackingScaling', 'StepScaling'])('that a policy of %s sets is its', async (type) => {
    aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9 });
    aws.scaling.policy('payments', 'of somebody else', type);
    aws.scaling.policy('orders', 'cpu-60', type);
    expect(await owner()).toMatchObject({
      detail: expect.stringMatching(
        /sets its count between 1 and 9 \((target-tracking|scaling) policy cpu-60\)/,
      ),
      reverts: ['scale'],
    });
    await expectOwned(4, 'cpu-60');
    // Of what it does not set nothing is said.
    const { intent, call } = await intentFor(executor, 'restart');
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
  });

  it('that a scheduled action sets is its, until the schedule has ended', async () => {
    aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9 });
    aws.scaling.schedule('orders', 'evening');
    await expectOwned(4, 'scheduled action evening (cron(0 20 * * ? *))');
    aws.scaling.actions.length = 0;
    aws.scaling.schedule('orders', 'last year', 1_700_000_000);
    expect((await scaled(4)).begun).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    [{ DynamicScalingInSuspended: true }, true],
    [{ DynamicScalingOutSuspended: true }, true],
    [{ DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true }, true],
    [
      { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true, ScheduledScalingSuspended: true },
      false,
    ],
  ])('is free only when all of it is suspended: %j', async (SuspendedState, owned) => {
    aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9, SuspendedState });
    aws.scaling.policy('orders', 'cpu-60');
    aws.scaling.schedule('orders', 'evening');
    expect((await owner())?.reverts).toEqual(owned ? ['scale'] : []);
    const { begun } = await scaled(4);
    expect(begun).toMatchObject(owned ? { kind: 'refused', code: 'owned' } : { kind: 'accepted' });
  });

  it.each(['DynamicScalingInSuspended', 'DynamicScalingOutSuspended'])(
    'is that of a policy which still sets it in one direction: %s',
    async (one) => {
      aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9, SuspendedState: { [one]: true } });
      aws.scaling.policy('orders', 'cpu-60');
      await expectOwned(4, 'cpu-60');
    },
  );

  it('is told beside another owner', async () => {
    aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9 });
    aws.scaling.policy('orders', 'cpu-60');
    aws.ecs.service('orders').deploymentController = { type: 'CODE_DEPLOY' };
    expect(await owner()).toMatchObject({
      name: 'code-deploy + application-auto-scaling',
      reverts: ['restart', 'rollback-release', 'deploy-release', 'scale'],
    });
  });

  it('is each service’s own, also over several pages', async () => {
    const names = ['orders', 'payments', 'stock', 'mail'];
    for (const name of names.slice(1)) aws.ecs.add(name);
    settings = settingsOf(aws.url, { services: names.map((name) => ({ name })) });
    grant(aws, settings);
    executor = executorOf(settings);
    for (const [at, name] of names.slice(0, 3).entries())
      aws.scaling.targets.set(name, { MinCapacity: 1, MaxCapacity: 5 + at });
    for (const name of ['others', 'orders', 'more', 'stock']) aws.scaling.policy(name, `of-${name}`);
    const all = await executor.observe(environment);
    expect(all.map(({ target, owner: one }) => [target.service, one?.reverts])).toEqual([
      ['orders', ['scale']],
      ['payments', []],
      ['stock', ['scale']],
      ['mail', undefined],
    ]);
    expect(all[2]?.owner?.detail).toContain('between 1 and 7 (target-tracking policy of-stock)');
  });
});

describe('without the right to ask', () => {
  it.each(['DescribeScalableTargets', 'DescribeScalingPolicies', 'DescribeScheduledActions'])(
    '%s: a new count is refused before anybody is asked to approve it, and everything else goes on',
    async (operation) => {
      const action = `application-autoscaling:${operation}`;
      aws.scaling.targets.set('orders', { MinCapacity: 1, MaxCapacity: 9 });
      const { Version, Statement } = aws.policies.read;
      aws.policies.read = {
        Version,
        Statement: Statement.map((one) => ({ ...one, Action: one.Action.filter((name) => name !== action) })),
      };
      const { preview, begun } = await scaled(4);
      const words = `is not authorized to perform: ${action}`;
      expect(preview).toMatchObject({
        ok: false,
        code: 'permission-denied',
        detail: expect.stringContaining(words),
      });
      expect(begun).toMatchObject({ kind: 'refused', code: 'permission-denied' });
      expect(sent()).toBe(0);
      const { intent } = await intentFor(executor, 'restart');
      expect(await executor.preview(intent)).toMatchObject({ ok: true });
      expect(await checkEcs(settings, base)).toMatchObject({
        status: 'warning',
        detail: expect.stringContaining(words),
      });
    },
  );

  it('is not needed where no count may be changed', async () => {
    settings = settingsOf(aws.url, { actions: ['restart'] });
    grant(aws, settings);
    executor = executorOf(settings);
    await executor.observe(environment);
    expect(await checkEcs(settings, base)).toMatchObject({ status: 'ok' });
    expect(aws.calls.filter(({ action }) => action.startsWith('application-autoscaling'))).toEqual([]);
  });
});
