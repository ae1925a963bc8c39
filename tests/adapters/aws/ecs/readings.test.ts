/** What ECS services tell: a crash loop by its reason, a deployment as a change, and nothing of an ordinary one as trouble. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Observation } from '../../../../domain/observation.ts';
import { environment } from '../../../support/aws/ecs-cases.ts';
import { type FakeAws, startFakeAws } from '../../../support/aws/fake-aws.ts';
import { createWatcher, those } from './watcher.ts';

let aws: FakeAws;
const { clock, readings, service, start, look, end } = createWatcher(() => aws);
beforeAll(async () => {
  aws = await startFakeAws();
});
beforeEach(() => {
  start();
  aws.ecs.add('orders');
});
afterEach(() => {
  const beyond = aws.calls.filter(({ denied }) => denied).map(({ action }) => action);
  aws.reset();
  expect(beyond).toEqual([]);
});
afterAll(() => aws.close());

const alerts = (seen: readonly Observation[]) => those(seen, 'alert');
const logs = (seen: readonly Observation[]) => those(seen, 'log');
const metricOf = (seen: readonly Observation[], name: string) =>
  those(seen, 'gauge').find(({ metric }) => metric === name);

describe('a task that ends by itself', () => {
  it('is told once, with its reason; the second one is a crash loop, until it is quiet', async () => {
    expect(logs(await look())).toEqual([]);
    end();
    const first = await look();
    expect(logs(first)).toMatchObject([
      {
        severityNumber: 17,
        fromOutside: true,
        body: expect.stringContaining('app exit code 137 (OutOfMemoryError'),
      },
    ]);
    expect(metricOf(first, 'container.restart.count')).toMatchObject({ value: 1 });
    expect(metricOf(first, 'container.replicas.available')).toMatchObject({ value: 1 });
    expect(metricOf(first, 'container.replicas.desired')).toMatchObject({ value: 2 });
    expect(alerts(first)).toEqual([]);
    end();
    const second = await look();
    expect(logs(second)).toHaveLength(1);
    expect(alerts(second)).toMatchObject([
      {
        ...{ id: 'main/orders/tasks', source: readings().alertsFrom, severity: 'warning' },
        scope: { environment, service: 'shop-orders' },
        title: expect.stringContaining('exit code 137 (OutOfMemoryError'),
      },
    ]);
    service().runningCount = 2;
    expect(alerts(await look())).toHaveLength(1);
    expect(alerts(await look(10 * 60_000))).toEqual([]);
  });

  it('is not the fault of the deployment that took its place', async () => {
    await look();
    end();
    end();
    expect(alerts(await look())).toHaveLength(1);
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:1' });
    expect(alerts(await look())).toEqual([]);
  });

  it.each([
    [
      {
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Scaling activity initiated by (deployment x)',
      },
      0,
    ],
    [{ stopCode: 'ServiceSchedulerInitiated', stoppedReason: 'Task failed ELB health checks' }, 1],
    [{ stopCode: 'UserInitiated' }, 0],
    [{ stopCode: 'SpotInterruption' }, 0],
    [{ stopCode: 'TaskFailedToStart', stoppedReason: 'CannotPullContainerError' }, 1],
  ])('counts as a restart where something was wrong: %j', async (more, restarts) => {
    await look();
    end(more);
    expect(metricOf(await look(), 'container.restart.count')).toMatchObject({ value: restarts });
  });
});

describe('a deployment', () => {
  it('is a release with its images, told under one id, and no trouble while it goes on', async () => {
    service().deploymentConfiguration = { minimumHealthyPercent: 50 };
    await look();
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:3' });
    service().runningCount = 1;
    end({
      stopCode: 'ServiceSchedulerInitiated',
      stoppedReason: 'Scaling activity initiated by (deployment x)',
    });
    const seen = await look();
    expect(seen.filter(({ kind }) => kind === 'change')).toMatchObject([
      {
        ...{ type: 'release', service: 'shop-orders', id: `ecs/main/orders/${service().deployments[0]?.id}` },
        summary: 'orders: orders:2 → orders:3, deployed by ECS (shop/orders:3)',
        attributes: { from: 'orders:2', to: 'orders:3', image: 'shop/orders:3' },
      },
    ]);
    // What it may be short of is not missing.
    expect(metricOf(seen, 'container.replicas.desired')).toMatchObject({ value: 1 });
    expect(alerts(seen)).toEqual([]);
    aws.ecs.settle('orders');
    const after = await look();
    expect(after.filter(({ kind }) => kind === 'change' || kind === 'alert')).toEqual([]);
    expect(metricOf(after, 'container.replicas.desired')).toMatchObject({ value: 2 });
  });

  it('that fails is told until its tasks are gone, with what ECS says', async () => {
    await look();
    aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition: 'orders:3' });
    aws.ecs.rollBack('orders');
    expect(alerts(await look())).toMatchObject([
      {
        id: 'main/orders/deployment',
        title: expect.stringMatching(/deployment of orders:3 .*circuit breaker.*goes back to orders:2/),
      },
    ]);
    aws.ecs.settle('orders');
    expect(alerts(await look())).toEqual([]);
  });
});

it('what ECS says of a service is told once; a task that finds no place is trouble while one is missing', async () => {
  await look();
  const message =
    '(service orders) was unable to place a task because no container instance met all of its requirements.';
  service().events = [{ id: 'e-1', createdAt: clock.now / 1_000, message }];
  service().runningCount = 1;
  const seen = await look();
  expect(logs(seen)).toMatchObject([{ severityNumber: 17, body: `ECS: ${message}` }]);
  expect(alerts(seen)).toMatchObject([{ id: 'main/orders/placement', title: `ECS: ${message}` }]);
  expect(logs(await look())).toEqual([]);
  service().runningCount = 2;
  expect(alerts(await look())).toEqual([]);
});

describe('its pace', () => {
  it('falls while AWS says that it is asked too often; what fires is neither told again nor over', async () => {
    await look();
    aws.fail('ecs:DescribeServices', { status: 400, type: 'ThrottlingException' });
    await expect(look()).rejects.toThrow(/asked too often; asked again in 15 s/);
    const sent = aws.calls.length;
    await expect(look(5_000)).rejects.toThrow(/asked again in 10 s/);
    expect(aws.calls).toHaveLength(sent);
    aws.fail('ecs:DescribeServices', { status: 400, type: 'ThrottlingException' });
    await expect(look(10_000)).rejects.toThrow(/asked again in 30 s/);
    expect(await look(30_000)).not.toEqual([]);
  });

  it('keeps to its number of requests, says when that is few, and goes on telling what fires', async () => {
    start({ callsPerMinute: 1 });
    await look();
    end();
    end();
    const sent = aws.calls.filter(({ action }) => action.startsWith('ecs:')).length;
    expect(await look()).toEqual([]);
    expect(aws.calls.filter(({ action }) => action.startsWith('ecs:'))).toHaveLength(sent);
    expect(readings().problem?.()).toMatch(/callsPerMinute: 1 allows a look only every \d+ s/);
    const seen = await look(10 * 60_000);
    expect(alerts(seen)).toHaveLength(1);
    expect(await look()).toEqual(alerts(seen));
  });

  it('forgets nothing of a look that fails half-way', async () => {
    await look();
    end();
    aws.fail('ecs:DescribeTasks', { status: 500, type: 'ServerException' });
    await expect(look()).rejects.toThrow();
    expect(logs(await look())).toHaveLength(1);
  });
});
