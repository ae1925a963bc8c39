/**
 * The ECS executor against ministack, whose tasks are real containers. What ministack gets wrong is in executor.test.ts: it takes
 * task definitions that do not exist, shows nothing as pending, puts nothing in the place of a stopped task, and keeps no
 * deployments of the past. It knows no auto scaling: moto is asked about that, which has none set.
 */
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Executor, Polled } from '../../../../activities/ports/executor.ts';
import { createEcsReadings } from '../../../../adapters/aws/ecs/readings.ts';
import type { Observation } from '../../../../domain/observation.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { eventually } from '../../../integration/support/wait.ts';
import { environment, executorOf, intentFor, settingsOf, signal } from '../../../support/aws/ecs-cases.ts';
import { base } from '../../../support/aws/fake-aws.ts';
import { type Ministack, ministackAccount, startMinistack } from '../../../support/aws/ministack.ts';
import { component, describeWith } from '../../../support/component.ts';
import type { DockerInfo } from '../../../support/components/docker.ts';
import type { MinistackInfo } from '../../../support/components/ministack.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';
import { type Engine, startEngine } from '../../../support/docker.ts';
import { those } from './watcher.ts';

const sleeps = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait; done'];

await describeWith<DockerInfo>('docker', 'The ECS executor and real containers', (docker) => {
  let engine: Engine;
  let aws: Ministack;
  let executor: Executor;
  /** What is told since the look before. */
  let look: () => Promise<readonly Observation[]>;

  beforeAll(async () => {
    const info = await component<MinistackInfo>('ministack');
    engine = await startEngine(docker);
    aws = await startMinistack(info, engine.socket);
    const moto = await component<MotoInfo>('moto');
    const ecs = new ECSClient({
      endpoint: aws.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      maxAttempts: 1,
    });
    await ecs.send(new CreateClusterCommand({ clusterName: 'main' }));
    // The third one ends at once.
    for (const command of [sleeps, sleeps, ['sh', '-c', 'exit 1']])
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: 'orders',
          networkMode: 'host',
          containerDefinitions: [{ name: 'orders', image: 'busybox:test', command, memory: 64 }],
        }),
      );
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'main',
        serviceName: 'orders',
        taskDefinition: 'orders:1',
        desiredCount: 2,
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      }),
    );
    ecs.destroy();
    const settings = settingsOf(aws.url, {
      account: ministackAccount,
      region: 'us-east-1',
      endpoints: { ecs: aws.url, autoscaling: moto.url, sts: aws.url, iam: aws.url },
      readRole: undefined,
      writeRole: undefined,
      callsPerMinute: 6_000,
    });
    executor = executorOf(settings);
    const surroundings = { nowMs: Date.now, serviceOf: ({ service }: { service: string }) => service };
    const readings = createEcsReadings(settings, surroundings, base);
    look = () => readings.read(environment, signal);
    await eventually('both tasks to run', async () => (await seen()).readyReplicas === 2, 300_000);
  }, 900_000);
  afterAll(async () => {
    await aws?.stop();
    await engine?.stop();
  }, 300_000);

  async function seen() {
    const [one] = await executor.observe(environment);
    if (one === undefined) throw new Error('the service is not there');
    return one;
  }

  function gaugesOf(told: readonly Observation[]) {
    const values = new Map(those(told, 'gauge').map(({ metric, value }) => [metric, value]));
    return {
      desired: values.get('container.replicas.desired'),
      available: values.get('container.replicas.available'),
      restarts: values.get('container.restart.count'),
    };
  }
  const changesIn = (told: readonly Observation[]) =>
    those(told, 'change').map(({ type, summary }) => [type, summary]);

  const containers = async () => (await engine.docker.listContainers()).length;

  async function carryThrough(action: Intent['action'], parameters: Intent['parameters']): Promise<Polled> {
    const { intent, call } = await intentFor(executor, action, parameters);
    const begun = await executor.begin(intent, call);
    if (begun.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(begun)}`);
    return eventually(
      `${action} to end`,
      async () => {
        const polled = await executor.poll(intent, begun.handle, signal);
        return polled.kind === 'running' ? null : polled;
      },
      300_000,
    );
  }

  it('sees the tasks that run', async () => {
    expect(await seen()).toMatchObject({
      target: { service: 'shop-orders', resource: 'ecs/main/orders' },
      desiredReplicas: 2,
      release: 'orders:1',
      replicas: [{ state: 'running' }, { state: 'running' }],
    });
    expect(await containers()).toBe(2);
  });

  it('tells how many run and how many have to, and nothing of what was before', async () => {
    const told = await look();
    expect(gaugesOf(told)).toEqual({ desired: 2, available: 2, restarts: 0 });
    expect(those(told, 'change')).toEqual([]);
    expect(those(told, 'alert')).toEqual([]);
  });

  it('scales up and back', async () => {
    expect(await carryThrough('scale', { replicas: 3 })).toMatchObject({ kind: 'done' });
    expect(await containers()).toBe(3);
    expect(gaugesOf(await look())).toEqual({ desired: 3, available: 3, restarts: 0 });
    expect(await carryThrough('scale', { replicas: 2 })).toMatchObject({ kind: 'done' });
    await eventually('the third container to end', async () => (await containers()) === 2, 300_000);
  }, 900_000);

  it('restarts every task', async () => {
    const before = (await seen()).replicas.map(({ id }) => id);
    expect(await carryThrough('restart', {})).toMatchObject({ kind: 'done' });
    await eventually(
      'the tasks before to end',
      async () => (await seen()).replicas.every(({ id }) => !before.includes(id)),
      300_000,
    );
    expect((await seen()).readyReplicas).toBe(2);
    // Those that a deployment ends, and a smaller count, are no restarts.
    const told = await look();
    expect(changesIn(told)).toEqual([['restart', 'orders: orders:1 again, deployed by ECS (busybox:test)']]);
    expect(gaugesOf(told)).toEqual({ desired: 2, available: 2, restarts: 0 });
    const lines = those(told, 'log');
    expect(lines.filter(({ body }) => body.includes('a task of orders has ended'))).toHaveLength(3);
    expect(lines.map(({ severityNumber }) => severityNumber)).toEqual(lines.map(() => 9));
  }, 900_000);

  it('deploys another release, and goes back to the one before', async () => {
    expect(await carryThrough('deploy-release', { release: 'orders:2' })).toMatchObject({ kind: 'done' });
    expect(await seen()).toMatchObject({ release: 'orders:2' });
    const released = ['release', 'orders: orders:1 → orders:2, deployed by ECS (busybox:test)'];
    expect(changesIn(await look())).toEqual([released]);
    expect(await carryThrough('rollback-release', { to: 'orders:1' })).toMatchObject({
      kind: 'done',
      after: { release: 'orders:1', desiredReplicas: 2 },
    });
    const back = ['release', 'orders: orders:2 → orders:1, deployed by ECS (busybox:test)'];
    expect(changesIn(await look())).toEqual([back]);
  }, 900_000);

  it('tells that a release which crashes has failed, and what ECS did about it', async () => {
    expect(await carryThrough('deploy-release', { release: 'orders:3' })).toMatchObject({
      kind: 'failed',
      left: 'ECS has gone back to orders:1',
    });
    const told = await look();
    const errors = those(told, 'log').filter(({ severityNumber }) => severityNumber === 17);
    const bodies = [...new Set(errors.map(({ body }) => body))].toSorted();
    expect(bodies).toEqual([
      'ECS: (service orders) deployment failed: deployment circuit breaker was triggered.',
      'ECS: a task of orders has ended: Essential container exited; container orders exit code 1',
    ]);
    const { restarts, ...counts } = gaugesOf(told);
    expect(counts).toEqual({ desired: 2, available: 2 });
    // Two tasks run at once, so another one may have ended before the third failure was counted.
    expect(restarts).toBeGreaterThanOrEqual(3);
    // ministack goes on showing the deployment that failed.
    const title = expect.stringMatching(
      /^ECS: the deployment of orders:3 for orders failed: ECS deployment circuit breaker was triggered after \d+ consecutive task failures; ECS goes back to orders:1$/,
    );
    expect(those(told, 'alert')).toMatchObject([
      { id: 'main/orders/deployment', severity: 'warning', scope: { service: 'shop-orders' }, title },
    ]);
  }, 900_000);

  it('refuses a release that does not exist, which ministack would take', async () => {
    const { intent, call } = await intentFor(executor, 'deploy-release', { release: 'orders:99' });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'refused', code: 'invalid' });
  });

  it('stops one task under the name of the intent', async () => {
    const [first] = (await seen()).replicas;
    const { intent, call } = await intentFor(executor, 'restart', { taskId: first?.id ?? '' });
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
    await eventually(
      'the task to carry the name',
      async () => (await executor.lookUp(intent)) === 'happened',
    );
  }, 900_000);
});
