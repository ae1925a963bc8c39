/** What has become of an update or a stop whose answer was lost, by what ECS shows afterwards: nothing is taken for ours that need not be. */
import { describe, expect, it } from 'vitest';
import { foundOfStop, foundOfUpdate, resumedUpdate } from '../../../../adapters/aws/ecs/progress.ts';
import { type Service, serviceSchema, type Task, taskSchema } from '../../../../adapters/aws/ecs/wire.ts';

const nowMs = 1_700_000_000_000;
const before = { deployment: 'ecs-svc/1', release: 'orders:2', desired: 2 };

type Shown = {
  readonly id?: string;
  readonly release?: string;
  readonly desired?: number;
  readonly running?: number;
  readonly rollout?: string;
};

function shown({ id = 'ecs-svc/1', release = 'orders:2', desired = 2, running = desired, rollout }: Shown) {
  const rolloutState = rollout ?? 'COMPLETED';
  const taskDefinition = `arn:aws:ecs:eu-central-1:123456789012:task-definition/${release}`;
  const primary = { id, status: 'PRIMARY', taskDefinition, rolloutState };
  return serviceSchema.parse({
    ...{ serviceName: 'orders', serviceArn: 'arn', status: 'ACTIVE' },
    ...{ desiredCount: desired, runningCount: running },
    deployments: [{ ...primary, desiredCount: desired, runningCount: running }],
  });
}

const nothingPrimary: Service = { ...shown({}), deployments: [] };
const count = { kind: 'update', change: { desiredCount: 3 }, release: null } as const;
const release = { kind: 'update', change: { taskDefinition: 'orders:1' }, release: 'orders:1' } as const;
const fresh = { kind: 'update', change: { forceNewDeployment: true }, release: null } as const;

describe('a new count', () => {
  it.each([
    ['the count from before', shown({}), 'not-happened', null],
    ['the new count, with all of its tasks', shown({ desired: 3 }), 'happened', 3],
    ['the new count, with a task still missing', shown({ desired: 3, running: 2 }), 'cannot-tell', 3],
    ['the new count, with a task too many', shown({ desired: 3, running: 4 }), 'cannot-tell', 3],
    ['the count of somebody else', shown({ desired: 5 }), 'cannot-tell', null],
    [
      'the tasks that were asked for, with the count of somebody else',
      shown({ desired: 4, running: 3 }),
      'cannot-tell',
      null,
    ],
    ['the count from before, in another deployment', shown({ id: 'ecs-svc/2' }), 'not-happened', null],
    ['no deployment', nothingPrimary, 'cannot-tell', null],
  ] as const)('%s', (_, service, found, desired) => {
    expect(foundOfUpdate(count, before, service)).toBe(found);
    const begun = desired === null ? null : { kind: 'count', desired, before: 2, beganAtMs: nowMs };
    expect(resumedUpdate(count, before, service, nowMs)).toEqual(begun);
  });

  it('that was there before is nobody’s: it is not gone on with', () => {
    const same = { kind: 'update', change: { desiredCount: 2 }, release: null } as const;
    expect(resumedUpdate(same, before, shown({}), nowMs)).toBeNull();
    expect(foundOfUpdate(same, before, shown({}))).toBe('not-happened');
  });
});

describe('a release', () => {
  const ours = { id: 'ecs-svc/2', release: 'orders:1' };
  it.each([
    ['the deployment from before', shown({}), 'not-happened', null],
    ['the deployment from before, with another count', shown({ desired: 3 }), 'not-happened', null],
    ['a complete deployment of it', shown(ours), 'happened', 'ecs-svc/2'],
    ['a deployment of it on its way', shown({ ...ours, rollout: 'IN_PROGRESS' }), 'cannot-tell', 'ecs-svc/2'],
    ['a deployment of another release', shown({ ...ours, release: 'orders:3' }), 'cannot-tell', null],
    ['a new deployment of the release from before', shown({ id: 'ecs-svc/2' }), 'cannot-tell', null],
    ['no deployment', nothingPrimary, 'cannot-tell', null],
  ] as const)('%s', (_, service, found, id) => {
    expect(foundOfUpdate(release, before, service)).toBe(found);
    const begun = id === null ? null : { kind: 'deployment', id, before: 'ecs-svc/1', beganAtMs: nowMs };
    expect(resumedUpdate(release, before, service, nowMs)).toEqual(begun);
  });

  it('in the deployment from before is not gone on with, whatever that runs', () => {
    expect(resumedUpdate(release, before, shown({ release: 'orders:1' }), nowMs)).toBeNull();
    expect(foundOfUpdate(release, before, shown({ release: 'orders:1' }))).toBe('not-happened');
  });
});

describe('a restart of all tasks', () => {
  it.each([
    ['the deployment from before', shown({}), 'not-happened'],
    [
      'a complete deployment of the same release, which may be anybody’s',
      shown({ id: 'ecs-svc/2' }),
      'cannot-tell',
    ],
    ['no deployment', nothingPrimary, 'cannot-tell'],
  ] as const)('%s', (_, service, found) => {
    expect(foundOfUpdate(fresh, before, service)).toBe(found);
    expect(resumedUpdate(fresh, before, service, nowMs)).toBeNull();
  });
});

describe('the stop of a task', () => {
  const task = (more: object): Task =>
    taskSchema.parse({ taskArn: 'arn/task', lastStatus: 'RUNNING', desiredStatus: 'RUNNING', ...more });
  it.each([
    ['runs as before', task({}), 'not-happened'],
    [
      'ends, with our name',
      task({ desiredStatus: 'STOPPED', stoppedReason: 'Sentinel intent-1' }),
      'happened',
    ],
    ['ended, with our name', task({ lastStatus: 'STOPPED', stoppedReason: 'Sentinel intent-1' }), 'happened'],
    [
      'ends, with the name of another',
      task({ desiredStatus: 'STOPPED', stoppedReason: 'Sentinel intent-2' }),
      'cannot-tell',
    ],
    ['is to end, and ECS does not say why', task({ desiredStatus: 'STOPPED' }), 'cannot-tell'],
    ['is still starting', task({ lastStatus: 'PENDING' }), 'cannot-tell'],
    ['is not known any more', null, 'cannot-tell'],
  ] as const)('that %s', (_, one, found) => expect(foundOfStop('intent-1', one)).toBe(found));
});
