/** What an ECS service is such that nothing is sent: each with its reason, in the dry run and before the call alike. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import type { RefusalCode } from '../../../../domain/remediation/refusal-code.ts';
import { environment, executorOf, grant, intentFor, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { type FakeAws, startFakeAws } from '../../../support/aws/fake-aws.ts';

let aws: FakeAws;
let executor: Executor;
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  executor = withActions();
  aws.ecs.add('orders');
});
afterEach(() => aws.reset());
afterAll(() => aws.close());

function withActions(more: object = {}, nowMs?: () => number): Executor {
  const settings = settingsOf(aws.url, more);
  grant(aws, settings);
  return executorOf(settings, nowMs);
}
const service = () => aws.ecs.service('orders');
const effects = () => aws.calls.filter(({ action }) => /UpdateService|StopTask/.test(action));

async function expectRefused(
  code: RefusalCode,
  action: Intent['action'],
  parameters: Intent['parameters'] = {},
  /** What somebody does after the plan was made. */
  meanwhile: () => void = () => {},
): Promise<Intent> {
  const { intent, call } = await intentFor(executor, action, parameters);
  meanwhile();
  // Its revision is compared elsewhere: here it is as the service is now.
  const now = { ...call, revision: undefined };
  expect(await executor.preview(intent)).toMatchObject({ ok: false, code });
  expect(await executor.begin(intent, now)).toMatchObject({ kind: 'refused', code });
  expect(effects()).toEqual([]);
  return intent;
}

it('one that says that nothing may act on it', async () => {
  service().tags = [{ key: 'sentinel:protected', value: 'runs Sentinel' }];
  const { before } = await expectRefused('protected', 'restart');
  expect(before).toMatchObject({ protected: expect.stringContaining('runs Sentinel'), supports: [] });
});

it('an action that the configuration leaves out', async () => {
  executor = withActions({ actions: ['restart'] });
  const { before } = await expectRefused('not-supported', 'rollback-release', { to: 'orders:1' });
  expect(before.supports).toEqual(['restart']);
});

it('the count of one that has a task on each machine', async () => {
  service().schedulingStrategy = 'DAEMON';
  const { before } = await expectRefused('not-supported', 'scale', { replicas: 3 });
  expect(before.supports).toEqual(['restart', 'rollback-release', 'deploy-release']);
});

it('one that is being deleted', async () => {
  const { before } = await expectRefused('unknown-target', 'restart', {}, () => {
    service().status = 'DRAINING';
  });
  expect(before.supports).toContain('restart');
  expect((await executor.observe(environment))[0]?.supports).toEqual([]);
});

it('a task definition that was deregistered', async () => {
  aws.ecs.inactive.add('orders:1');
  await expectRefused('invalid', 'rollback-release', { to: 'orders:1' });
});

it('a task that somebody is stopping', async () => {
  const [task] = aws.ecs.tasks.values();
  if (task === undefined) throw new Error('there is no task');
  const taskId = task.taskArn.slice(-32);
  await expectRefused('changed-meanwhile', 'restart', { taskId }, () => {
    task.desiredStatus = 'STOPPED';
  });
});

it('a call that is given up when only the call itself is left', async () => {
  const given = new AbortController();
  const { intent, call } = await intentFor(executor, 'restart');
  // The clock is looked at right before.
  executor = withActions({}, () => {
    given.abort();
    return Date.now();
  });
  const answer = await executor.begin(intent, { ...call, signal: given.signal });
  expect(answer).toMatchObject({ kind: 'refused', code: 'too-late' });
  expect(effects()).toEqual([]);
});

it('a dry run that gets no session for the effect', async () => {
  const { intent } = await intentFor(executor, 'restart');
  aws.fail('sts:AssumeRole', { status: 403, type: 'AccessDenied' });
  expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'permission-denied' });
});

it.each(['ServerException', 'SlowDown'])('an answer with status 408 says nothing: %s', async (type) => {
  const { intent, call } = await intentFor(executor, 'restart');
  aws.fail('ecs:UpdateService', { status: 408, type });
  expect(await executor.begin(intent, call)).toMatchObject({ kind: 'unknown' });
  expect(effects()).toHaveLength(1);
});
