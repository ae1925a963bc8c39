// A whole Sentinel with an executor for ECS before ministack, whose tasks are real containers: a new task definition makes errors,
// people approve to go back to the one before, and what that did decides how the incident ends.

import { setTimeout as pause } from 'node:timers/promises';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, type TestContext, test } from 'vitest';
import { neededRights } from '../../adapters/aws/ecs/rights.ts';
import { settings as settingsSchema } from '../../adapters/aws/ecs/settings.ts';
import { formatsOf } from '../../adapters/aws/permissions.ts';
import { SentinelClient } from '../../lab/run/client.ts';
import { type EcsProxy, startEcsProxy } from '../support/aws/ecs-proxy.ts';
import { type Ministack, ministackAccount, startMinistack } from '../support/aws/ministack.ts';
import { component, describeWith } from '../support/component.ts';
import type { DockerInfo } from '../support/components/docker.ts';
import type { MinistackInfo } from '../support/components/ministack.ts';
import { type Engine, startEngine } from '../support/docker.ts';
import { temporaryFolder } from './support/folder.ts';
import { type Sentinel, serverSettings, startUp } from './support/sentinel.ts';
import { story } from './support/story.ts';
import { startTraffic, type Traffic } from './support/traffic.ts';
import { eventually } from './support/wait.ts';

const environment = 'production';
const names = ['orders', 'payments'] as const;
type Name = (typeof names)[number];
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const server = { region: 'us-east-1', credentials, maxAttempts: 1 };
const role = (name: string) => `arn:aws:iam::${ministackAccount}:role/${name}`;

const settingsOf = (url: string) => ({
  ...{ account: ministackAccount, region: 'us-east-1', cluster: 'main', timeoutSeconds: 60 },
  ...{ readRole: role('sentinel-read'), writeRole: role('sentinel-write') },
  services: names.map((name) => ({ name })),
  actions: ['rollback-release', 'deploy-release'],
  endpoints: { ecs: url, sts: url, iam: url },
});

const sleeps = ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 3600 & wait; done'];

await describeWith<DockerInfo>('docker', 'A new task definition makes errors', (docker) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let engine: Engine;
  let aws: Ministack;
  let proxy: EcsProxy;
  let ecs: ECSClient;
  let sentinel: Sentinel;
  let operator: SentinelClient;
  let traffic: Readonly<Record<Name, Traffic>>;
  let customers: ReturnType<typeof follow>;
  const failing = new Set<Name>();

  beforeAll(async () => {
    folder = await temporaryFolder('aws-ecs');
    const info = await component<MinistackInfo>('ministack');
    engine = await startEngine(docker);
    aws = await startMinistack(info, engine.socket);
    proxy = await startEcsProxy(aws.url);
    ecs = new ECSClient({ ...server, endpoint: aws.url });
    await ecs.send(new CreateClusterCommand({ clusterName: 'main' }));
    for (const name of names) await createService(name);
    const shop = settingsOf(proxy.url);
    await createRoles(shop);
    sentinel = await startUp(
      folder.path,
      {
        ...(await serverSettings()),
        ingest: { defaultEnvironment: environment },
        incident: { actAfter: '6s', maxAttempts: 1 },
        limits: { actedOnAtOncePerTier: 1 },
        executors: [{ name: 'shop', type: 'aws-ecs', environments: [environment], ...shop }],
      },
      { env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' } },
    );
    const { url, admin } = sentinel;
    operator = new SentinelClient(url, await admin.createKey('operator on call', 'operator'));
    traffic = {
      orders: startTraffic(url, { environment, service: 'orders' }),
      payments: startTraffic(url, { environment, service: 'payments' }),
    };
    customers = follow();
    await looks(1);
  }, 900_000);

  afterAll(async () => {
    await customers?.stop();
    for (const name of names) await traffic?.[name].stop().catch(() => {});
    await sentinel?.end();
    ecs?.destroy();
    await proxy?.close();
    await aws?.stop();
    await engine?.stop();
    await folder?.remove();
  }, 300_000);

  /** With exactly the policies that are printed. */
  async function createRoles(shop: ReturnType<typeof settingsOf>): Promise<void> {
    const printed = formatsOf(neededRights).iam({ name: 'shop', ...settingsSchema.parse(shop) });
    const iam = new IAMClient({ ...server, endpoint: aws.url });
    for (const [identity, policy] of Object.entries(JSON.parse(printed))) {
      const RoleName = `sentinel-${identity}`;
      const trust = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
      await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
      const PolicyDocument = JSON.stringify(policy);
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'printed', PolicyDocument }));
    }
    iam.destroy();
  }

  /** Of one task, with a second task definition that is there, but not deployed. */
  async function createService(serviceName: Name): Promise<void> {
    for (let revision = 1; revision <= 2; revision += 1)
      await ecs.send(
        new RegisterTaskDefinitionCommand({
          family: serviceName,
          networkMode: 'host',
          containerDefinitions: [{ name: serviceName, image: 'busybox:test', command: sleeps, memory: 64 }],
        }),
      );
    await ecs.send(
      new CreateServiceCommand({
        ...{ cluster: 'main', serviceName, taskDefinition: `${serviceName}:1`, desiredCount: 1 },
      }),
    );
  }

  /** What ministack itself says of a service: the share of its tasks that run this definition. */
  async function shareOf(name: Name, definition: string): Promise<number> {
    const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'main', services: [name] }));
    const all = services?.[0]?.deployments ?? [];
    const running = (some: typeof all) => some.reduce((sum, { runningCount = 0 }) => sum + runningCount, 0);
    const those = all.filter(({ taskDefinition = '' }) => taskDefinition.endsWith(`/${definition}`));
    return running(those) / Math.max(1, running(all));
  }

  /**
   * Tasks of a second definition come to fail most of their requests. What payments has written by then is spoilt: it fails on,
   * whatever runs.
   */
  function follow() {
    let stopping = false;
    let spoilt = false;
    const run = async (): Promise<void> => {
      while (!stopping) {
        traffic.orders.fail(failing.has('orders') ? 0.6 * (await shareOf('orders', 'orders:2')) : 0);
        spoilt ||= failing.has('payments') && (await shareOf('payments', 'payments:2')) > 0;
        traffic.payments.fail(spoilt ? 0.6 : 0);
        await pause(500);
      }
    };
    const running = run();
    running.catch(() => {}); // thrown at the stop
    return {
      async stop() {
        stopping = true;
        await running;
      },
    };
  }

  /** Sentinel has begun, and ended, to look at ECS that many times. */
  async function looks(count: number): Promise<void> {
    const labels = { name: 'shop', result: 'read' };
    const looked = () => sentinel.metric('sentinel_watched_readings_total', labels);
    const before = await looked();
    await eventually('ECS to be looked at', async () => (await looked()) >= before + count, 300_000);
  }

  /** Its errors begin when the deployment has been seen. */
  async function deploy(service: Name): Promise<void> {
    const to = { cluster: 'main', service, taskDefinition: `${service}:2` };
    await ecs.send(new UpdateServiceCommand(to));
    // The first one may have asked before.
    await looks(2);
    failing.add(service);
  }

  /** Whoever is on call agrees to what Sentinel wants to do about this service. */
  async function ended({ onTestFinished, task, expect }: TestContext, name: Name) {
    onTestFinished(async () => {
      if (task.result?.state === 'fail') console.error(await story(operator));
    });
    const incidentOf = async () => (await operator.incidents()).find(({ service }) => service === name);
    const waiting = async () => {
      // Whatever is asked for costs the Sentinel that is asked.
      await pause(500);
      const [id, all] = [(await incidentOf())?.id, await operator.pendingApprovals()];
      return all.find(({ incidentId }) => incidentId === id) ?? null;
    };
    await deploy(name);
    await eventually('a plan that waits', waiting, 180_000);
    expect(effectsOn(name)).toEqual([]);
    const incident = await eventually(
      'its end',
      async () => {
        const pending = await waiting();
        if (pending !== null) await operator.decide(pending, 'approve', 'it is the new task definition');
        const found = await incidentOf();
        return found === undefined || found.outcome === null ? null : found;
      },
      300_000,
    );
    return { incident, timeline: await operator.timeline(incident.id) };
  }

  /** As they arrived at ECS: what was asked for, and in whose session. */
  const effectsOn = (name: Name) =>
    proxy.effects
      .filter(({ input }) => input.service === name)
      .map(({ operation, input, session }) => [operation, input, session]);
  const update = (service: Name, taskDefinition: string, session: unknown) => [
    'UpdateService',
    { cluster: 'main', service, taskDefinition },
    session,
  ];
  const change = (from: string, to: string) => ({
    ...{ action: 'rollback-release', parameters: { to } },
    inverse: { action: 'deploy-release', parameters: { release: from } },
  });

  test.concurrent('goes back to the one before, once, and is resolved', async (context) => {
    const { expect } = context;
    const { incident, timeline } = await ended(context, 'orders');
    const of = (type: string) => timeline.filter((event) => event.type === type);
    expect(incident).toMatchObject({ status: 'closed', outcome: 'resolved' });
    expect(of('planned').at(-1)).toMatchObject({
      hashedPlan: { plan: { cause: 'bad-release', steps: [change('orders:2', 'orders:1')] } },
    });
    const intents = of('effect-applied').map(({ intentId }) => intentId);
    expect(effectsOn('orders')).toEqual([update('orders', 'orders:1', intents[0])]);
    expect(intents).toHaveLength(1);
    expect(of('verified').at(-1)).toMatchObject({ result: { outcome: 'recovered' } });
    const order = ['approval-granted', 'intent-written', 'effect-applied', 'verified', 'incident-closed'];
    const seqs = order.map((type) => of(type).at(-1)?.seq ?? 0);
    expect(seqs).toEqual(seqs.toSorted((left, right) => left - right));
    expect(seqs).not.toContain(0);
    expect(await shareOf('orders', 'orders:1')).toBe(1);
  });

  test.concurrent('goes back in vain: that is undone, and a person has it', async (context) => {
    const { expect } = context;
    const { incident, timeline } = await ended(context, 'payments');
    const of = (type: string) => timeline.filter((event) => event.type === type);
    expect(incident).toMatchObject({ status: 'handed-over', outcome: 'escalated' });
    const applied = of('effect-applied').map(({ direction, intentId }) => [direction, intentId]);
    const [forward, undo] = applied.map(([, intentId]) => intentId);
    expect(applied).toEqual([
      ['forward', forward],
      ['compensation', undo],
    ]);
    expect(effectsOn('payments')).toEqual([
      update('payments', 'payments:1', forward),
      update('payments', 'payments:2', undo),
    ]);
    expect(of('verified').at(-1)).toMatchObject({ result: { outcome: 'not-recovered' } });
    expect(of('compensation-finished')).toMatchObject([{ undone: 1, notUndone: [] }]);
    expect(await shareOf('payments', 'payments:2')).toBe(1);
  });
});
