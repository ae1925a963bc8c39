import { EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { createEc2Executor } from '../../../../adapters/aws/ec2/executor.ts';
import { settings } from '../../../../adapters/aws/ec2/settings.ts';
import { type ProxyFault, startAwsProxy } from '../../../support/aws/aws-proxy.ts';
import { ec2Credentials, ec2Region, instancesAt } from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { type ExecutorHarness, executorContract } from '../../executors/contract.ts';

const environment = 'production';
const account = '123456789012';

async function ec2Harness(url: string): Promise<ExecutorHarness> {
  const instances = await instancesAt(url);
  const proxy = await startAwsProxy(url);
  const { id } = await instances.run();
  const given = settings.parse({
    ...{ account, region: ec2Region, instances: { ids: [id] }, timeoutSeconds: 60 },
    writeRole: `arn:aws:iam::${account}:role/sentinel-write`,
    endpoints: { ec2: proxy.url, sts: proxy.url, iam: proxy.url },
  });
  function executor() {
    const one = createEc2Executor({ name: 'machines', ...given }, { nowMs: Date.now }, ec2Credentials);
    // moto shows everything at once: nothing has to be waited out.
    return {
      ...one,
      promise: (of: Parameters<typeof one.promise>[0]) => ({ ...one.promise(of), consistencyDelayMs: 0 }),
    };
  }
  const fail = (fault: ProxyFault) => async () => {
    for (const action of ['StopInstances', 'StartInstances']) proxy.fail(action, fault);
  };
  return {
    executor,
    target: async () => ({ environment, service: 'orders', resource: `ec2/${ec2Region}/${id}` }),
    nobody: { environment, service: 'nobody', resource: `ec2/${ec2Region}/i-0fffffffffffffff0` },
    step: ({ replicas }) => ({ action: replicas[0]?.state === 'running' ? 'stop' : 'start', parameters: {} }),
    async effects(intent) {
      let session = '';
      let count = 0;
      for (const { action, input, passed } of proxy.calls) {
        if (action === 'AssumeRole') session = input.RoleSessionName ?? '';
        const isEffect = /^(Stop|Start)Instances$/.test(action) && input.DryRun !== 'true';
        if (isEffect && passed && session === intent.id) count += 1;
      }
      return count;
    },
    async drift() {
      // Within one launch a stop has nobody's name: docs/aws.md says what follows.
      const somebody = new EC2Client({ endpoint: proxy.url, region: ec2Region, credentials: ec2Credentials });
      await somebody.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await somebody.send(new StartInstancesCommand({ InstanceIds: [id] }));
      await somebody.send(new StopInstancesCommand({ InstanceIds: [id] }));
      somebody.destroy();
    },
    faults: {
      lose: (when) => fail(when === 'before' ? 'reset' : 'broken')(),
      deny: fail({ status: 403, code: 'UnauthorizedOperation' }),
      throttle: fail({ status: 503, code: 'RequestLimitExceeded' }),
      heal: async () => proxy.heal(),
    },
    async close() {
      instances.client.destroy();
      await proxy.close();
    },
  };
}

await describeWith<MotoInfo>('moto', 'EC2', (moto) => {
  executorContract('an EC2 instance', () => ec2Harness(moto.url));
});
