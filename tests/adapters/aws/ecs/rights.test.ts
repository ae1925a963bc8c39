/** Least privilege of the ECS executor: what is printed is what is needed, and its lack is told before anything is approved. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkEcs } from '../../../../adapters/aws/ecs/doctor.ts';
import { neededRights } from '../../../../adapters/aws/ecs/rights.ts';
import type { EcsSettings } from '../../../../adapters/aws/ecs/settings.ts';
import { formatsOf } from '../../../../adapters/aws/permissions.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { environment, executorOf, grant, intentFor, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { base, type FakeAws, startFakeAws } from '../../../support/aws/fake-aws.ts';

let aws: FakeAws;
let settings: EcsSettings;
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  settings = settingsOf(aws.url);
  grant(aws, settings);
  aws.ecs.add('orders');
});
afterEach(() => aws.reset());
afterAll(() => aws.close());

const without = (identity: 'read' | 'write', action: string) => {
  const { Statement, Version } = aws.policies[identity];
  aws.policies[identity] = {
    Version,
    Statement: Statement.map((one) => ({ ...one, Action: one.Action.filter((other) => other !== action) })),
  };
};

describe('each right that is printed', () => {
  it.each(
    neededRights(settingsOf('http://127.0.0.1:9'))
      .filter(({ identity }) => identity === 'read')
      .flatMap(({ actions }) => actions)
      .filter((action) => action !== 'iam:SimulatePrincipalPolicy'),
  )('is proven by doctor, which names it where it is missing: %s', async (action) => {
    without('read', action);
    expect(await checkEcs(settings, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(`is not authorized to perform: ${action}`),
    });
  });

  const reads = ['ecs:DescribeServices', 'ecs:ListTasks', 'ecs:DescribeTasks', 'ecs:ListServiceDeployments'];
  it.each([...reads, 'ecs:DescribeServiceRevisions'])('is needed to see anything: %s', async (action) => {
    without('read', action);
    await expect(executorOf(settings).observe(environment)).rejects.toThrow(
      `is not authorized to perform: ${action}`,
    );
    expect(await checkEcs(settings, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(action),
    });
  });

  it('is needed to go back: ecs:DescribeTaskDefinition', async () => {
    const { intent } = await intentFor(executorOf(settings), 'rollback-release', { to: 'orders:1' });
    without('read', 'ecs:DescribeTaskDefinition');
    expect(await executorOf(settings).preview(intent)).toMatchObject({
      ok: false,
      code: 'permission-denied',
      detail: expect.stringContaining('ecs:DescribeTaskDefinition'),
    });
  });

  it.each([
    ['ecs:UpdateService', false],
    ['ecs:StopTask', true],
  ])('is needed to act: %s', async (right, oneTask) => {
    const executor = executorOf(settings);
    const [seen] = await executor.observe(environment);
    const parameters: Intent['parameters'] = oneTask ? { taskId: seen?.replicas[0]?.id ?? '' } : {};
    const { intent, call } = await intentFor(executor, 'restart', parameters);
    expect(await executor.preview(intent)).toMatchObject({
      ok: true,
      detail: expect.stringContaining(`${right} is allowed`),
    });
    without('write', right);
    expect(await executor.preview(intent)).toMatchObject({
      ok: false,
      code: 'permission-denied',
      detail: expect.stringContaining(right),
    });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'permission-denied' });
    expect(await checkEcs(settings, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(`missing rights: ${right}`),
    });
  });

  it('is needed to prove the others: without, a dry run says what it could not prove', async () => {
    const { intent } = await intentFor(executorOf(settings), 'restart');
    without('read', 'iam:SimulatePrincipalPolicy');
    expect(await executorOf(settings).preview(intent)).toMatchObject({
      ok: true,
      detail: expect.stringContaining('could not be proven'),
    });
    expect(await checkEcs(settings, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('could not be proven'),
    });
  });
});

describe('doctor', () => {
  it('finds all well with exactly what is printed', async () => {
    expect(await checkEcs(settings, base)).toMatchObject({ status: 'ok', name: 'Executor shop' });
    expect(aws.calls.filter(({ denied }) => denied)).toEqual([]);
    expect(aws.calls.filter(({ action }) => /UpdateService|StopTask/.test(action))).toEqual([]);
  });

  it('warns of rights beyond', async () => {
    const { Version, Statement } = aws.policies.write;
    const more = { Effect: 'Allow', Action: ['ecs:DeleteService'], Resource: ['*'] } as const;
    aws.policies.write = { Version, Statement: [...Statement, more] };
    expect(await checkEcs(settings, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('more rights than it needs, among them ecs:DeleteService'),
    });
  });

  it('names the other account, and the service that is not there', async () => {
    aws.account = '999999999999';
    expect((await checkEcs(settings, base)).detail).toContain('of account 999999999999');
    aws.account = '123456789012';
    aws.ecs.services.clear();
    expect((await checkEcs(settings, base)).detail).toContain('has no service orders');
  });

  it('says so when AWS cannot be reached', async () => {
    const nowhere = settingsOf('http://127.0.0.1:9');
    expect(await checkEcs(nowhere, base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining('AWS cannot be reached (ECONNREFUSED)'),
    });
  });
});

describe('what is printed', () => {
  it('follows from the actions and the tags', () => {
    const few = settingsOf(aws.url, { actions: ['scale'], tags: { team: 'shop' } });
    const { read, write } = JSON.parse(formatsOf(neededRights).iam(few));
    expect(read.Statement.flatMap((one: { Action: string[] }) => one.Action)).toEqual([
      'ecs:DescribeServices',
      'ecs:ListTasks',
      'ecs:DescribeTasks',
      'ecs:DescribeTaskDefinition',
      'application-autoscaling:DescribeScalableTargets',
      'application-autoscaling:DescribeScalingPolicies',
      'application-autoscaling:DescribeScheduledActions',
      'iam:SimulatePrincipalPolicy',
    ]);
    expect(write.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['ecs:UpdateService'],
        Resource: ['arn:aws:ecs:eu-central-1:123456789012:service/main/orders'],
        Condition: { StringEquals: { 'aws:ResourceTag/team': 'shop' } },
      },
    ]);
  });

  it('is the same for Terraform', () => {
    const odd = settingsOf(aws.url, { tags: { team: `${'$'}{shop}` } });
    const text = formatsOf(neededRights).terraform(odd);
    expect(text.match(/^resource "aws_iam_policy" "sentinel_shop_(read|write)" \{$/gm)).toHaveLength(2);
    expect(text).toContain(`"aws:ResourceTag/team": "${'$$'}{shop}"`);
  });
});
