/** An EC2 instance of moto, behind a proxy that has the faults and the sessions of AWS, and counts what was carried out. */
import {
  DescribeInstancesCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { createEc2Executor } from '../../../../adapters/aws/ec2/executor.ts';
import { settings } from '../../../../adapters/aws/ec2/settings.ts';
import { type ProxyFault, startAwsProxy } from '../../../support/aws/aws-proxy.ts';
import { ec2Credentials, ec2Region, instancesAt } from '../../../support/aws/ec2-instances.ts';
import { createClock } from '../../executors/matrix/clock.ts';
import type { MatrixHarness } from '../../executors/matrix/harness.ts';
import { processesInTurn } from '../processes.ts';

const environment = 'production';
const account = '123456789012';
const changes = ['StopInstances', 'StartInstances', 'RebootInstances'];

export async function ec2Harness(url: string): Promise<MatrixHarness> {
  const clock = createClock();
  const instances = await instancesAt(url);
  const proxy = await startAwsProxy(url);
  proxy.nowMs = clock.nowMs;
  const { id } = await instances.run();
  const given = settings.parse({
    ...{ account, region: ec2Region, instances: { ids: [id] }, timeoutSeconds: 60 },
    writeRole: `arn:aws:iam::${account}:role/sentinel-write`,
    endpoints: { ec2: proxy.url, autoscaling: proxy.url, sts: proxy.url, iam: proxy.url },
  });
  const target = { environment, service: 'orders', resource: `ec2/${ec2Region}/${id}` };
  const executor = processesInTurn(4, (aheadMs) =>
    createEc2Executor(
      { name: 'machines', ...given },
      { nowMs: () => clock.nowMs() + aheadMs },
      ec2Credentials,
    ),
  );
  const fail = (fault: ProxyFault) => async () => {
    for (const action of changes) proxy.fail(action, fault);
  };
  return {
    clock,
    executor,
    async target() {
      proxy.reset();
      return target;
    },
    nobody: { environment, service: 'nobody', resource: `ec2/${ec2Region}/i-0fffffffffffffff0` },
    step: ({ replicas }) => ({ action: replicas[0]?.state === 'running' ? 'stop' : 'start', parameters: {} }),
    effects: async (intent) =>
      proxy.calls.filter(
        ({ action, session, changed }) => changes.includes(action) && session === intent.id && changed,
      ).length,
    async empty() {
      const { client } = instances;
      await client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      return {
        ...{ target, action: 'stop', parameters: {} },
        async things() {
          const { Reservations } = await client.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
          return Reservations?.flatMap(({ Instances }) =>
            Instances?.map(({ State, LaunchTime, StateTransitionReason }) => [
              ...[State, LaunchTime, StateTransitionReason],
            ]),
          );
        },
        async restore() {
          await client.send(new StartInstancesCommand({ InstanceIds: [id] }));
        },
      };
    },
    async drift({ before }) {
      // Within one launch a stop has nobody's name: docs/aws.md says what follows.
      const somebody = new EC2Client({ endpoint: proxy.url, region: ec2Region, credentials: ec2Credentials });
      const stop = new StopInstancesCommand({ InstanceIds: [id] });
      const start = new StartInstancesCommand({ InstanceIds: [id] });
      const isRunning = before.replicas[0]?.state === 'running';
      for (const command of isRunning ? [stop, start, stop] : [start]) await somebody.send(command);
      somebody.destroy();
    },
    faults: {
      lose: (when) => fail(when === 'before' ? 'reset' : 'broken')(),
      deny: fail({ status: 403, code: 'UnauthorizedOperation' }),
      throttle: fail({ status: 503, code: 'RequestLimitExceeded' }),
      away: async () => proxy.away(),
      // The policy of an effect's session ends with the time it may be sent in: AWS refuses what comes later.
      async hold() {
        await fail('held')();
        return { within: 'ever', arrive: () => proxy.release() };
      },
      lag: () => proxy.lag(),
      heal: async () => proxy.heal(),
    },
    async close() {
      instances.client.destroy();
      await proxy.close();
    },
  };
}
