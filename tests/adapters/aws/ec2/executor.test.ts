/** The EC2 executor against moto, behind a proxy that has the faults that moto has not. */
import { CreateTagsCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import type { Executor } from '../../../../activities/ports/executor.ts';
import { neededRights } from '../../../../adapters/aws/ec2/rights.ts';
import { type Ec2Settings, settings as ec2Settings } from '../../../../adapters/aws/ec2/settings.ts';
import { formatsOf } from '../../../../adapters/aws/permissions.ts';
import { isReversible } from '../../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import type { ProxyFault } from '../../../support/aws/aws-proxy.ts';
import { ec2Bench } from '../../../support/aws/ec2-bench.ts';
import {
  account,
  environment,
  executorOf,
  intentFor,
  settingsOf as settingsAt,
  writeRole,
} from '../../../support/aws/ec2-cases.ts';
import { ec2Region as region } from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

const { signal } = new AbortController();

await describeWith<MotoInfo>('moto', 'The EC2 executor', (moto) => {
  const use = ec2Bench(moto);

  const settingsOf = (instances: object, more: object = {}): Ec2Settings =>
    settingsAt(use().proxy.url, instances, more);

  async function one(more: object = {}) {
    const { id } = await use().run();
    const settings = settingsOf({ ids: [id] }, more);
    return { id, settings, executor: executorOf(settings) };
  }

  const effects = () =>
    use().proxy.calls.filter(
      ({ action, input }) => /^(Reboot|Stop|Start)Instances$/.test(action) && input.DryRun !== 'true',
    );
  const stateOf = async (executor: Executor) => (await executor.observe(environment))[0]?.replicas[0]?.state;
  async function begin(executor: Executor, action: Intent['action']) {
    const { intent, call } = await intentFor(executor, action);
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
    return { intent, handle: begun.handle };
  }

  describe('what it sees', () => {
    it('is the instances that are named by id', async () => {
      const { id } = await use().run({ service: '', Name: 'machine-1' });
      await use().run();
      const all = await executorOf(settingsOf({ ids: [id, 'i-00000000000000000'] })).observe(environment);
      expect(all).toHaveLength(1);
      expect(all[0]).toMatchObject({
        target: { environment, service: 'machine-1', resource: `ec2/${region}/${id}` },
        executor: 'machines',
        desiredReplicas: 1,
        readyReplicas: 1,
        replicas: [{ id, state: 'running' }],
        release: use().image,
        config: 't3.micro',
        supports: ['restart', 'stop', 'start'],
      });
    });

    it('is those that have every tag, with exactly this value', async () => {
      const mine = await use().run({ tier: 'web' });
      await use().run({ team: mine.team, tier: 'db' });
      const of = async (instances: object) =>
        (await executorOf(settingsOf(instances)).observe(environment)).map((seen) => seen.replicas[0]?.id);
      expect(await of({ tags: { team: mine.team, tier: 'web' } })).toEqual([mine.id]);
      expect(await of({ tags: { team: mine.team, tier: 'w*' } })).toEqual([]);
      expect(await of({ ids: [mine.id], tags: { team: 'others' } })).toEqual([]);
    });

    it('is what a stop loses: what is on disks of the machine', async () => {
      const lostBy = async (type: 't3.micro' | 'm5d.large', more: object = {}) => {
        const { id } = await use().run({}, type);
        const [seen] = await executorOf(settingsOf({ ids: [id] }, more)).observe(environment);
        if (seen === undefined) throw new Error('there is no instance');
        return { seen, reversible: isReversible('stop', seen) };
      };
      const plain = await lostBy('t3.micro');
      expect([plain.reversible, plain.seen.stopLoses]).toEqual([true, undefined]);
      const withDisks = await lostBy('m5d.large');
      expect(withDisks.reversible).toBe(false);
      expect(withDisks.seen.stopLoses).toBe('what is on its instance store disks (75 GB) is gone');
      expect(isReversible('start', withDisks.seen)).toBe(true);
      use().proxy.fail('DescribeInstanceTypes', { status: 403, code: 'UnauthorizedOperation' });
      const untold = await lostBy('t3.micro');
      expect(untold.reversible, 'where EC2 does not say, it counts as lost').toBe(false);
      expect(untold.seen.stopLoses).toContain('did not say whether t3.micro has any');
      const asked = () => use().proxy.calls.filter(({ action }) => action === 'DescribeInstanceTypes').length;
      const before = asked();
      await lostBy('m5d.large', { actions: ['restart'] });
      expect(asked(), 'nobody asks who may not stop').toBe(before);
    });

    it('asks for each type of instance once', async () => {
      const { executor } = await one();
      await executor.observe(environment);
      await executor.observe(environment);
      expect(use().proxy.calls.filter(({ action }) => action === 'DescribeInstanceTypes')).toHaveLength(1);
    });

    it('is nothing of one that is terminated, and nothing may act on one that says so', async () => {
      const { id, executor } = await one();
      await use().client.send(
        new CreateTagsCommand({
          Resources: [id],
          Tags: [{ Key: 'sentinel:protected', Value: 'runs Sentinel' }],
        }),
      );
      const { intent, call } = await intentFor(executor, 'restart');
      expect(intent.before).toMatchObject({
        protected: expect.stringContaining('runs Sentinel'),
        supports: [],
      });
      expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'protected' });
      await use().client.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
      expect(await executor.observe(environment)).toEqual([]);
      expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'unknown-target' });
      expect(effects()).toEqual([]);
    });
  });

  it('leaves stops of an Auto Scaling group to the group', async () => {
    const { id } = await use().run({ 'sentinel-test:group': 'web' });
    const executor = executorOf(settingsOf({ ids: [id] }));
    // AWS alone may set such a tag; moto does not mind.
    await use().client.send(
      new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'aws:autoscaling:groupName', Value: 'web' }] }),
    );
    const { intent, call } = await intentFor(executor, 'stop');
    expect(intent.before.owner).toMatchObject({ name: 'auto-scaling', reverts: ['stop', 'start'] });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'owned' });
    expect(effects()).toEqual([]);
  });

  describe('what it does', () => {
    it('stops, starts, and finds both done', async () => {
      const { executor } = await one();
      const stop = await begin(executor, 'stop');
      expect(await executor.poll(stop.intent, stop.handle, signal)).toMatchObject({
        kind: 'done',
        after: { replicas: [{ state: 'exited' }] },
      });
      expect(await executor.lookUp(stop.intent)).toBe('happened');
      const start = await begin(executor, 'start');
      expect(await executor.poll(start.intent, start.handle, signal)).toMatchObject({ kind: 'done' });
      expect(await stateOf(executor)).toBe('running');
      expect(effects().map(({ action }) => action)).toEqual(['StopInstances', 'StartInstances']);
    });

    it('reboots, and calls it done when the time for it is over and the status checks pass', async () => {
      const { settings, executor } = await one();
      const { intent, handle } = await begin(executor, 'restart');
      expect(await executor.poll(intent, handle, signal)).toMatchObject({ kind: 'running' });
      const later = executorOf(settings, () => Date.now() + 3_600_000);
      expect(await later.poll(intent, handle, signal)).toMatchObject({
        kind: 'done',
        summary: 'the time for a reboot is over, EC2 shows none; its status checks pass',
      });
      expect(await executor.lookUp(intent)).toBe('cannot-tell');
      expect(executor.promise(intent).idempotency).toBe('none');
      expect(effects()).toHaveLength(1);
    });

    it('asks with a session that may do only this, until its time is over', async () => {
      const { id, executor } = await one();
      const { intent, call } = await intentFor(executor, 'restart');
      await executor.begin(intent, call);
      const assumed = use().proxy.calls.filter(({ action }) => action === 'AssumeRole');
      expect(
        assumed.map(({ input }) => [input.RoleArn, input.RoleSessionName, input.DurationSeconds]),
      ).toEqual([[writeRole, intent.id, '900']]);
      expect(JSON.parse(assumed[0]?.input.Policy ?? '').Statement).toEqual([
        {
          Effect: 'Allow',
          Action: ['ec2:RebootInstances'],
          Resource: [`arn:aws:ec2:${region}:${account}:instance/${id}`],
          Condition: { DateLessThan: { 'aws:CurrentTime': new Date(call.notAfterMs + 2_000).toISOString() } },
        },
      ]);
    });
  });

  describe('a dry run', () => {
    it("is EC2's own, and changes nothing", async () => {
      const { executor } = await one();
      for (const action of ['restart', 'stop'] as const) {
        const { intent } = await intentFor(executor, action);
        expect(await executor.preview(intent)).toEqual({
          ok: true,
          detail: "EC2's own dry run allows it, with the rights that the effect will have",
        });
      }
      expect(await stateOf(executor)).toBe('running');
      expect(effects()).toEqual([]);
    });

    it('says which right is missing, without what EC2 encodes', async () => {
      const { executor } = await one();
      const { intent } = await intentFor(executor, 'stop');
      const message =
        'You are not authorized to perform this operation. Encoded authorization failure message: abc-secret-def';
      use().proxy.fail('StopInstances', { status: 403, code: 'UnauthorizedOperation', message });
      const answer = await executor.preview(intent);
      expect(answer).toMatchObject({ ok: false, code: 'permission-denied' });
      expect(answer.detail).not.toContain('abc-secret-def');
    });

    it('does not trust what takes it for the real thing', async () => {
      const { executor } = await one();
      const { intent } = await intentFor(executor, 'restart');
      use().proxy.fail('RebootInstances', 'taken');
      expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'refused-by-vendor' });
    });
  });

  describe('what it refuses', () => {
    it('what the state does not allow: moto would start a stopped instance by a reboot', async () => {
      const { executor } = await one();
      const restart = await intentFor(executor, 'restart');
      await begin(executor, 'stop');
      for (const action of ['restart', 'stop'] as const) {
        const { intent, call } = await intentFor(executor, action);
        expect(await executor.begin(intent, call)).toMatchObject({
          kind: 'refused',
          code: 'changed-meanwhile',
        });
      }
      const { call, intent } = restart;
      expect(await executor.begin(intent, { ...call, revision: undefined })).toMatchObject({
        kind: 'refused',
      });
      expect(effects()).toHaveLength(1);
      expect(await stateOf(executor)).toBe('exited');
    });

    it('what was stopped and started since it was looked at', async () => {
      const { executor } = await one();
      const { intent, call } = await intentFor(executor, 'restart');
      const stale = { ...call, revision: `${call.revision}1` };
      expect(await executor.begin(intent, stale)).toMatchObject({
        kind: 'refused',
        code: 'changed-meanwhile',
      });
      expect(effects()).toEqual([]);
    });

    it.each(['ec2/us-east-1/ID', 'ec2/eu-central-1/i-0123456789abcdef0', 'ec2/eu-central-1/i-*', undefined])(
      'another target: %s',
      async (resource) => {
        const { id, executor } = await one();
        const { intent, call } = await intentFor(executor, 'restart');
        const { resource: _, ...rest } = intent.target;
        const target = resource === undefined ? rest : { ...rest, resource: resource.replace('ID', id) };
        expect(await executor.begin({ ...intent, target }, call)).toMatchObject({
          kind: 'refused',
          code: 'unknown-target',
        });
        expect(effects()).toEqual([]);
      },
    );

    it('an action that the configuration leaves out, or EC2 does not have', async () => {
      const { executor } = await one({ actions: ['restart'] });
      for (const action of ['stop', 'scale'] as const) {
        const { intent, call } = await intentFor(executor, action);
        expect(intent.before.supports).toEqual(['restart']);
        expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'not-supported' });
      }
      expect(effects()).toEqual([]);
    });

    it('a call whose time is over', async () => {
      const { settings, executor } = await one();
      const { intent, call } = await intentFor(executor, 'restart');
      const late = executorOf(settings, () => call.notAfterMs + 1);
      expect(await late.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'too-late' });
      expect(effects()).toEqual([]);
    });

    it.each<[ProxyFault, string]>([
      [{ status: 503, code: 'RequestLimitExceeded' }, 'throttled'],
      [{ status: 403, code: 'UnauthorizedOperation' }, 'permission-denied'],
      [{ status: 400, code: 'ExpiredToken' }, 'expired-credentials'],
      [{ status: 401, code: 'AuthFailure' }, 'expired-credentials'],
      [{ status: 400, code: 'IncorrectInstanceState' }, 'changed-meanwhile'],
      [{ status: 400, code: 'InvalidInstanceID.NotFound' }, 'unknown-target'],
      [{ status: 400, code: 'UnsupportedOperation' }, 'not-supported'],
    ])('what EC2 refuses as %j, sent once', async (fault, code) => {
      const { executor } = await one();
      const { intent, call } = await intentFor(executor, 'restart');
      use().proxy.fail('RebootInstances', fault);
      expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code });
      expect(effects()).toHaveLength(1);
    });
  });

  describe('what it does not know', () => {
    it.each<[ProxyFault, 'exited' | 'running']>([
      ['lost', 'exited'],
      ['silent', 'running'],
      ['reset', 'running'],
      [{ status: 500, code: 'InternalError' }, 'running'],
      [{ status: 503, code: 'Unavailable' }, 'running'],
    ])('is told when the answer is %j, and nothing is repeated', async (fault, state) => {
      const { executor } = await one();
      const { intent, call } = await intentFor(executor, 'stop');
      const hurry = new AbortController();
      use().proxy.fail('StopInstances', fault);
      const begun = executor.begin(intent, { ...call, signal: hurry.signal });
      if (fault === 'lost' || fault === 'silent') {
        await expect
          .poll(async () => effects().length === 1 && (await stateOf(executor)), { timeout: 60_000 })
          .toBe(state);
        hurry.abort();
      }
      expect(await begun).toMatchObject({ kind: 'unknown' });
      expect(effects()).toHaveLength(1);
      const happened = state === 'exited';
      expect(await executor.lookUp(intent)).toBe(happened ? 'happened' : 'not-happened');
      const handle = await executor.resume?.(intent, signal);
      if (!happened) expect(handle).toBeNull();
      else expect(await executor.poll(intent, handle ?? '', signal)).toMatchObject({ kind: 'done' });
    });
  });

  describe('least privilege', () => {
    it('is what is printed', () => {
      const settings = settingsOf(
        { ids: ['i-0123456789abcdef0'], tags: { team: 'shop' } },
        { actions: ['stop'] },
      );
      expect(JSON.parse(formatsOf(neededRights).iam(settings))).toEqual({
        read: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus'],
              Resource: ['*'],
              Condition: { StringEquals: { 'aws:RequestedRegion': region } },
            },
            {
              Effect: 'Allow',
              Action: ['autoscaling:DescribeAutoScalingInstances', 'autoscaling:DescribeAutoScalingGroups'],
              Resource: ['*'],
              Condition: { StringEquals: { 'aws:RequestedRegion': region } },
            },
            {
              Effect: 'Allow',
              Action: ['ec2:DescribeInstanceTypes'],
              Resource: ['*'],
              Condition: { StringEquals: { 'aws:RequestedRegion': region } },
            },
            { Effect: 'Allow', Action: ['iam:SimulatePrincipalPolicy'], Resource: [writeRole] },
          ],
        },
        write: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['ec2:StopInstances'],
              Resource: [`arn:aws:ec2:${region}:${account}:instance/i-0123456789abcdef0`],
              Condition: { StringEquals: { 'aws:ResourceTag/team': 'shop' } },
            },
          ],
        },
      });
    });
  });

  it('has to be told which instances', () => {
    expect(ec2Settings.safeParse({ account, region, instances: {} }).success).toBe(false);
  });
});
