/**
 * The printed policies as a whole: with nothing but them every action goes from its dry run to its end, and what is granted to one
 * effect is that effect.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkEcs } from '../../../../adapters/aws/ecs/doctor.ts';
import { createEcsReadings } from '../../../../adapters/aws/ecs/readings.ts';
import { neededRights } from '../../../../adapters/aws/ecs/rights.ts';
import { formatsOf } from '../../../../adapters/aws/permissions.ts';
import type { Policy } from '../../../../adapters/aws/rights.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { environment, executorOf, intentFor, settingsOf, signal } from '../../../support/aws/ecs-cases.ts';
import { account, base, type FakeAws, region, startFakeAws } from '../../../support/aws/fake-aws.ts';
import { allowedBy } from '../../../support/aws/policies.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  aws.reset();
  aws.ecs.add('orders', { team: 'shop' });
  aws.ecs.add('payments', { team: 'shop' });
});
afterAll(() => aws.close());

const prefix = `arn:aws:ecs:${region}:${account}`;
const serviceArn = `${prefix}:service/main/orders`;

/** Its roles have what is printed, and nothing else. */
function printedFor(actions: readonly string[]) {
  const settings = settingsOf(aws.url, { actions, tags: { team: 'shop' } });
  const printed: { read: Policy; write: Policy } = JSON.parse(formatsOf(neededRights).iam(settings));
  Object.assign(aws.policies, printed);
  return { settings, printed };
}

/** What effects, of ECS and of others, might be asked for. */
const actions = ['UpdateService', 'StopTask', 'RunTask', 'DeleteService', 'RegisterTaskDefinition'];
const others = ['service/main/payments', 'service/other/orders', 'task/other/0', 'task-definition/orders:1'];
const questions = (own: string, ...more: readonly string[]) => ({
  actions: [...actions.map((name) => `ecs:${name}`), 'ec2:StopInstances', 'iam:PassRole'],
  resources: [own, ...more, serviceArn, ...others.map((name) => `${prefix}:${name}`), '*'],
});
const context = (more: Record<string, string> = {}) => ({ 'aws:ResourceTag/team': 'shop', ...more });

describe.each<[Intent['action'], Intent['parameters'] | 'a task', string]>([
  ['restart', {}, 'ecs:UpdateService'],
  ['restart', 'a task', 'ecs:StopTask'],
  ['scale', { replicas: 3 }, 'ecs:UpdateService'],
  ['rollback-release', { to: 'orders:1' }, 'ecs:UpdateService'],
  ['deploy-release', { release: 'orders:3' }, 'ecs:UpdateService'],
])('%s of %j', (action, given, right) => {
  it('goes from its dry run to its end, in a session that may do only this', async () => {
    const { settings } = printedFor([action]);
    const executor = executorOf(settings);
    const [seen] = await executor.observe(environment);
    const taskId = seen?.replicas[0]?.id ?? '';
    const { intent, call } = await intentFor(executor, action, given === 'a task' ? { taskId } : given);
    expect(await executor.preview(intent)).toMatchObject({
      ...{ ok: true, detail: expect.stringContaining(`${right} is allowed`) },
    });
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
    // What was stopped has ended, and what was deployed is there.
    for (const task of aws.ecs.tasks.values())
      if (task.desiredStatus === 'STOPPED') task.lastStatus = 'STOPPED';
    aws.ecs.settle('orders');
    expect(await executor.poll(intent, begun.handle, signal)).toMatchObject({ kind: 'done' });
    await executor.lookUp(intent);
    await executor.resume?.(intent, signal);
    const surroundings = { nowMs: Date.now, serviceOf: () => 'orders' };
    await createEcsReadings(settings, surroundings, base).read(environment, signal);
    expect(await checkEcs(settings, base)).toMatchObject({ status: 'ok' });

    expect(aws.calls.filter(({ denied }) => denied).map((one) => one.action)).toEqual([]);
    const effects = aws.calls.filter((one) => /UpdateService|StopTask/.test(one.action));
    expect(effects.map((one) => [one.action, one.session, one.done])).toEqual([[right, intent.id, true]]);
    const assumed = aws.calls.filter(({ input }) => input.RoleSessionName === intent.id);
    expect(assumed).toHaveLength(1);
    const policy = JSON.parse(String(assumed[0]?.input.Policy));
    const own = right === 'ecs:StopTask' ? `${prefix}:task/main/${taskId}` : serviceArn;
    const at = (ms: number) => context({ 'aws:CurrentTime': new Date(ms).toISOString() });
    const another = `${prefix}:task/main/${'f'.repeat(32)}`;
    expect(allowedBy(policy, questions(own, another), at(call.notAfterMs))).toEqual([[right, own]]);
    expect(allowedBy(policy, questions(own, another), at(call.notAfterMs + 2_001))).toEqual([]);
  });
});

describe('what is printed for effects', () => {
  it.each([
    [['scale'], ['ecs:UpdateService']],
    [['restart'], ['ecs:UpdateService', 'ecs:StopTask']],
  ])('allows what %j needs, on the service with its tags and on tasks of its cluster', (given, rights) => {
    const { printed } = printedFor(given);
    const own = `${prefix}:task/main/${'0'.repeat(32)}`;
    const of = (right: string) => [right, right === 'ecs:StopTask' ? own : serviceArn];
    expect(allowedBy(printed.write, questions(own), context())).toEqual(rights.map(of));
    // The ARN of a task says nothing of tags.
    const untagged = allowedBy(printed.write, questions(own), {});
    expect(untagged).toEqual(rights.filter((right) => right === 'ecs:StopTask').map(of));
  });

  it('allows no effect to whoever only reads', () => {
    const { printed } = printedFor(['restart', 'scale', 'rollback-release', 'deploy-release']);
    expect(allowedBy(printed.read, questions(serviceArn), context())).toEqual([]);
  });

  it('lists the tasks of its cluster only', () => {
    const { printed } = printedFor(['scale']);
    const of = (cluster: string) => ({ 'ecs:cluster': `${prefix}:cluster/${cluster}` });
    const list = { actions: ['ecs:ListTasks'], resources: ['*'] };
    expect(allowedBy(printed.read, list, of('main'))).toEqual([['ecs:ListTasks', '*']]);
    expect(allowedBy(printed.read, list, of('other'))).toEqual([]);
  });
});

it('without what is printed for effects nothing comes about', async () => {
  const { settings } = printedFor(['restart']);
  aws.policies.write = { Version: '2012-10-17', Statement: [] };
  const executor = executorOf(settings);
  const { intent, call } = await intentFor(executor, 'restart');
  expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'permission-denied' });
  expect(aws.ecs.service('orders').deployments).toHaveLength(1);
});
