/** What `doctor` says of EC2 instances: each right by the request that needs it, effects by EC2's own dry run. Against moto. */
import { StopInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { checkEc2 } from '../../../../adapters/aws/ec2/doctor.ts';
import { neededRights } from '../../../../adapters/aws/ec2/rights.ts';
import type { Ec2Settings } from '../../../../adapters/aws/ec2/settings.ts';
import { ec2Bench } from '../../../support/aws/ec2-bench.ts';
import {
  account,
  environment,
  executorOf,
  settingsOf as settingsAt,
} from '../../../support/aws/ec2-cases.ts';
import { ec2Credentials as base, ec2Region as region } from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

// EC2 does not say which right it was.
const message = 'You are not authorized to perform this operation.';
const denied = { status: 403, code: 'UnauthorizedOperation', message } as const;
const effects = ['RebootInstances', 'StopInstances', 'StartInstances'] as const;

await describeWith<MotoInfo>('moto', 'doctor for EC2', (moto) => {
  const use = ec2Bench(moto);

  const settingsOf = (instances: object, more: object = {}): Ec2Settings =>
    settingsAt(use().proxy.url, instances, more);
  const asked = () =>
    use()
      .proxy.calls.filter(({ action }) => effects.some((one) => one === action))
      .map(({ action, input, session }) => [action, input['InstanceId.1'], input.DryRun, session]);
  const dryRunOf = (action: string, id: string) => [action, id, 'true', 'sentinel-doctor'];
  const sessionsFor = () =>
    use()
      .proxy.calls.filter(({ action, input }) => action === 'AssumeRole' && input.Policy !== undefined)
      .map(({ input }) => JSON.parse(input.Policy ?? '').Statement);

  describe('a right for effects', () => {
    it.each(effects)('that is missing is named, by a dry run that changes nothing: %s', async (action) => {
      const { id } = await use().run();
      // So that each of the three would change something, were it no dry run.
      if (action === 'StartInstances')
        await use().client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      const settings = settingsOf({ ids: [id] });
      const stateOf = async () => (await executorOf(settings).observe(environment))[0]?.replicas[0]?.state;
      const before = await stateOf();
      use().proxy.fail(action, denied);
      const { status, detail } = await checkEc2(settings, base);
      expect([status, detail]).toEqual([
        'warning',
        `missing rights: ec2:${action} on ${id}: 403 UnauthorizedOperation: ${message}`,
      ]);
      expect(asked()).toEqual(effects.map((one) => dryRunOf(one, id)));
      expect(await stateOf()).toBe(before);
      // Granted again, nothing is missing.
      expect((await checkEc2(settings, base)).detail).not.toContain('missing rights');
    });

    it.each([
      ['restart', 'RebootInstances'],
      ['stop', 'StopInstances'],
      ['start', 'StartInstances'],
    ])(
      'is tried in a session for it alone, and only where the configuration allows %s',
      async (verb, action) => {
        const { id } = await use().run();
        await checkEc2(settingsOf({ ids: [id] }, { actions: [verb] }), base);
        expect(asked()).toEqual([dryRunOf(action, id)]);
        const Resource = [`arn:aws:ec2:${region}:${account}:instance/${id}`];
        expect(sessionsFor()).toEqual([[{ Effect: 'Allow', Action: [`ec2:${action}`], Resource }]]);
      },
    );

    it('is not missing where the state of the machine stands in the way', async () => {
      const { id } = await use().run();
      use().proxy.fail('StartInstances', { status: 400, code: 'IncorrectInstanceState' });
      expect((await checkEc2(settingsOf({ ids: [id] }), base)).detail).not.toContain('missing rights');
      expect(asked()).toContainEqual(dryRunOf('StartInstances', id));
    });
  });

  it.each(
    neededRights(settingsAt('http://127.0.0.1:9', { ids: ['i-0123456789abcdef0'] }))
      .filter(({ identity }) => identity === 'read')
      .flatMap(({ actions }) => actions)
      .filter((right) => !/^ec2:DescribeInstances$|^iam:/.test(right)),
  )('a right for reading is proven, and named where it is missing: %s', async (right) => {
    const { id } = await use().run();
    const settings = settingsOf({ ids: [id] });
    use().proxy.fail(right.slice(right.indexOf(':') + 1), denied);
    expect(await checkEc2(settings, base)).toMatchObject({
      status: 'warning',
      detail: `missing rights: ${right}`,
    });
    expect((await checkEc2(settings, base)).detail).not.toContain('missing rights');
  });

  it('says which reading EC2 refused: ec2:DescribeInstances', async () => {
    const { id } = await use().run();
    use().proxy.fail('DescribeInstances', denied);
    expect(await checkEc2(settingsOf({ ids: [id] }), base)).toMatchObject({
      status: 'warning',
      detail: expect.stringContaining(`describing instances in ${region}: 403 UnauthorizedOperation`),
    });
  });

  it('names what is not there', async () => {
    const { id } = await use().run();
    const detailOf = async (settings: Ec2Settings) => (await checkEc2(settings, base)).detail;
    expect(await detailOf(settingsOf({ ids: [id, 'i-0fffffffffffffff0'] }))).toContain(
      'no instance i-0fffffffffffffff0',
    );
    expect(await detailOf(settingsOf({ tags: { team: 'nobody' } }))).toContain('has the tags');
    expect(await detailOf(settingsOf({ ids: [id] }, { account: '999999999999' }))).toContain(
      'of account 123456789012',
    );
  });
});
