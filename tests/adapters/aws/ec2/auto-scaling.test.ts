/** An instance of an Auto Scaling group: the group ends one that is stopped, unless somebody has told it not to. Against moto. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
  EnterStandbyCommand,
  SuspendProcessesCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import { letsBe } from '../../../../adapters/aws/ec2/auto-scaling.ts';
import { checkEc2 } from '../../../../adapters/aws/ec2/doctor.ts';
import { neededRights } from '../../../../adapters/aws/ec2/rights.ts';
import { type AwsProxy, startAwsProxy } from '../../../support/aws/aws-proxy.ts';
import { environment, executorOf, intentFor, settingsOf } from '../../../support/aws/ec2-cases.ts';
import { ec2Credentials, ec2Region, instancesAt } from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

await describeWith<MotoInfo>('moto', 'The EC2 executor and Auto Scaling groups', (moto) => {
  let proxy: AwsProxy;
  let groups: AutoScalingClient;
  let ec2: EC2Client;
  let image: string;
  let count = 0;
  beforeAll(async () => {
    proxy = await startAwsProxy(moto.url);
    groups = new AutoScalingClient({
      ...{ endpoint: moto.url, region: ec2Region, credentials: ec2Credentials, maxAttempts: 1 },
    });
    ({ client: ec2, image } = await instancesAt(moto.url));
  }, 300_000);
  afterEach(() => proxy.reset());
  afterAll(async () => {
    groups?.destroy();
    ec2?.destroy();
    await proxy?.close();
  });

  /** A group of one instance, and an executor for it. */
  async function grouped() {
    count += 1;
    const name = `group-${process.pid}-${count}`;
    await groups.send(
      new CreateLaunchConfigurationCommand({
        ...{ LaunchConfigurationName: name, ImageId: image, InstanceType: 't3.micro' },
      }),
    );
    await groups.send(
      new CreateAutoScalingGroupCommand({
        ...{ AutoScalingGroupName: name, LaunchConfigurationName: name },
        ...{ MinSize: 0, MaxSize: 1, DesiredCapacity: 1, AvailabilityZones: [`${ec2Region}a`] },
      }),
    );
    const { AutoScalingGroups } = await groups.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
    );
    const id = AutoScalingGroups?.[0]?.Instances?.[0]?.InstanceId ?? '';
    // AWS tags the instances of a group by itself.
    const Tags = [{ Key: 'aws:autoscaling:groupName', Value: name }];
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
    const settings = settingsOf(proxy.url, { ids: [id] });
    return { name, id, settings, executor: executorOf(settings) };
  }

  const stops = () =>
    proxy.calls.filter(({ action, input }) => action === 'StopInstances' && input.DryRun !== 'true').length;
  const owner = async (executor: Executor) => (await executor.observe(environment))[0]?.owner;

  it('is left alone while its group looks after it', async () => {
    const { name, executor } = await grouped();
    expect(await owner(executor)).toMatchObject({ reverts: ['stop', 'start'] });
    const { intent, call } = await intentFor(executor, 'stop');
    const words = `the Auto Scaling group ${name} ends an instance that is stopped and starts another in its place`;
    expect(await executor.preview(intent)).toMatchObject({
      ...{ ok: false, code: 'owned', detail: expect.stringContaining(words) },
    });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'owned' });
    expect(stops()).toBe(0);
  });

  it('may be stopped in standby', async () => {
    const { name, id, executor } = await grouped();
    await groups.send(
      new EnterStandbyCommand({
        ...{ AutoScalingGroupName: name, InstanceIds: [id], ShouldDecrementDesiredCapacity: true },
      }),
    );
    expect(await owner(executor)).toMatchObject({ detail: expect.stringContaining(name), reverts: [] });
    const { intent, call } = await intentFor(executor, 'stop');
    expect(await executor.preview(intent)).toMatchObject({ ok: true });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
    expect(stops()).toBe(1);
  });

  it.each([
    ['ReplaceUnhealthy', true],
    ['HealthCheck', true],
    ['AZRebalance', false],
  ])('may be stopped while the group has suspended %s: %s', async (process, may) => {
    const { name, executor } = await grouped();
    await groups.send(
      new SuspendProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses: [process] }),
    );
    const { intent, call } = await intentFor(executor, 'stop');
    expect(await executor.begin(intent, call)).toMatchObject(
      may ? { kind: 'accepted' } : { kind: 'refused', code: 'owned' },
    );
    expect(stops()).toBe(may ? 1 : 0);
  });

  it.each(['DescribeAutoScalingInstances', 'DescribeAutoScalingGroups'])(
    'without the right to %s nobody is asked to approve a stop, and a reboot goes on',
    async (operation) => {
      const { settings, executor } = await grouped();
      const message = `sentinel-read is not authorized to perform: autoscaling:${operation}`;
      const denied = { status: 403, code: 'AccessDenied', message } as const;
      const { intent, call } = await intentFor(executor, 'stop');
      proxy.fail(operation, denied, denied, denied, denied);
      expect(await owner(executor)).toMatchObject({ reverts: ['stop', 'start'] });
      expect(await executor.preview(intent)).toMatchObject({
        ...{ ok: false, code: 'permission-denied', detail: expect.stringContaining(message) },
      });
      expect(await executor.begin(intent, call)).toMatchObject({
        kind: 'refused',
        code: 'permission-denied',
      });
      expect(stops()).toBe(0);
      expect((await checkEc2(settings, ec2Credentials)).detail).toBe(
        `missing rights: autoscaling:${operation}`,
      );
      proxy.heal();
      const reboot = await intentFor(executor, 'restart');
      proxy.fail(operation, denied);
      expect(await executor.begin(reboot.intent, reboot.call)).toMatchObject({ kind: 'accepted' });
    },
  );

  it('is asked about only where it can matter', async () => {
    const { id } = await grouped();
    const settings = settingsOf(proxy.url, { ids: [id] }, { actions: ['restart'] });
    await executorOf(settings).observe(environment);
    expect(proxy.calls.filter(({ action }) => action.includes('AutoScaling'))).toEqual([]);
    expect(JSON.stringify(neededRights(settings))).not.toContain('autoscaling');
  });
});

describe('a group lets an instance be', () => {
  it.each([
    ['Standby', [], true],
    ['InService', [], false],
    ['EnteringStandby', [], false],
    ['Terminating:Wait', ['ReplaceUnhealthy'], true],
    ['InService', ['Launch', 'Terminate'], false],
  ])('%s, suspended %j: %s', (lifecycle, suspended, lets) => {
    expect(letsBe({ group: 'web', lifecycle, suspended })).toBe(lets);
  });
});
