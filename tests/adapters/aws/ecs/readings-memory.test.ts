/** What looks at ECS remember: each thing is told once, asked for once, and not lost with a look that fails. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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
afterEach(() => aws.reset());
afterAll(() => aws.close());

const minute = 60_000;
const asked = (operation: string) => aws.calls.filter(({ action }) => action === `ecs:${operation}`);
const deploy = (taskDefinition: string) =>
  aws.ecs.answer('UpdateService', { service: 'orders', taskDefinition });
const event = (id: string, agoMs: number) => ({
  ...{ id, createdAt: (clock.now - agoMs) / 1_000, message: `(service orders) said ${id}` },
});

describe('at the first look', () => {
  it('what happened in the minutes before is told, what is older is not', async () => {
    end({ stoppedAt: (clock.now - 10 * minute) / 1_000 });
    const recent = end({ stoppedAt: (clock.now - minute) / 1_000 });
    service().events = [event('recent', minute), event('old', 10 * minute)];
    const told = those(await look(), 'log');
    expect(told.map(({ body }) => body)).toEqual([
      expect.stringContaining('has ended'),
      'ECS: (service orders) said recent',
    ]);
    expect(told[0]?.attributes).toEqual({ 'aws.ecs.task.arn': recent });
  });

  it('the only deployment that is there is no change', async () => {
    expect(those(await look(), 'change')).toEqual([]);
  });
});

describe('tasks that have ended', () => {
  it('are described once', async () => {
    await look();
    const first = end();
    await look();
    expect(asked('DescribeTasks').map(({ input }) => input.tasks)).toEqual([[first]]);
    const second = end();
    await look();
    expect(asked('DescribeTasks').map(({ input }) => input.tasks)).toEqual([[first], [second]]);
  });

  it('of a service that shows no movement are asked for every ten minutes', async () => {
    await look();
    end();
    service().runningCount = 2;
    const before = asked('ListTasks').length;
    expect(those(await look(), 'log')).toEqual([]);
    expect(asked('ListTasks')).toHaveLength(before);
    expect(those(await look(10 * minute), 'log')).toHaveLength(1);
  });
});

describe('a deployment', () => {
  it('of the same definition is a restart, and its images are asked for once', async () => {
    await look();
    for (let times = 0; times < 2; times += 1) {
      aws.ecs.answer('UpdateService', { service: 'orders', forceNewDeployment: true });
      const [change] = those(await look(), 'change');
      expect(change).toMatchObject({ type: 'restart', summary: expect.stringMatching(/orders:2 again/) });
      expect(change?.attributes).not.toHaveProperty('to');
    }
    expect(asked('DescribeTaskDefinition')).toHaveLength(1);
  });

  it('whose images nobody may ask for is told without them, and that they are missing', async () => {
    await look();
    aws.fail('ecs:DescribeTaskDefinition', { status: 400, type: 'AccessDeniedException' });
    deploy('orders:3');
    const [change] = those(await look(), 'change');
    expect(change).toMatchObject({
      type: 'release',
      summary: 'orders: orders:2 → orders:3, deployed by ECS',
    });
    expect(readings().problem?.()).toContain('which images are deployed is not seen');
  });
});

it('what fires has not begun in the future, whatever the clock of AWS says', async () => {
  await look();
  const stoppedAt = clock.now / 1_000 + 600;
  end({ stoppedAt });
  end({ stoppedAt });
  const [alert] = those(await look(), 'alert');
  expect(alert).toMatchObject({ id: 'main/orders/tasks', atMs: clock.now });
});

describe('a look that does not come to its end', () => {
  it('takes nothing from the next one: one service throttled, the other has been seen', async () => {
    start({ services: [{ name: 'orders' }, { name: 'payments' }] });
    aws.ecs.add('payments');
    await look();
    end();
    aws.ecs.answer('UpdateService', { service: 'payments', taskDefinition: 'orders:3' });
    aws.fail('ecs:DescribeTaskDefinition', { status: 400, type: 'ThrottlingException' });
    await expect(look()).rejects.toThrow('asked too often');
    const seen = await look(minute);
    expect(those(seen, 'log')).toHaveLength(1);
    expect(those(seen, 'change')).toHaveLength(1);
  });

  it('nor does one that nobody waits for any more when its last answer is there', async () => {
    const given = new AbortController();
    start({}, () => {
      if (asked('DescribeTaskDefinition').length > 0) given.abort(new Error('too late'));
    });
    await look();
    deploy('orders:3');
    await expect(look(15_000, given)).rejects.toThrow('too late');
    expect(those(await look(), 'change')).toHaveLength(1);
  });
});
